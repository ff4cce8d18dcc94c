// A back-test's report in a real browser: on a phone, on a screen, in the dark, on paper.
// Usage: node report_test.mjs BROWSER TOMNEXT DEMO.yaml [FOLDER]: with FOLDER, pictures and the PDF stay there, to be looked at.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { Browser } from './browser.mjs';

const [program, tomnext, demo, kept] = process.argv.slice(2);
if (!demo) {
  console.error('usage: node report_test.mjs BROWSER TOMNEXT DEMO.yaml [FOLDER]');
  process.exit(2);
}
const folder = kept ? resolve(kept) : mkdtempSync(join(tmpdir(), 'tomnext-report-'));
mkdirSync(folder, { recursive: true });

let failures = 0;
const check = (holds, what) => {
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${what}`);
  if (!holds) ++failures;
};

// What is wrong with how the page lies: anything beyond the right edge, and text that lies over other text in a table or card.
const layout = `(() => {
  const name = (e) => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + (e.className.baseVal ?? e.className ? '.' + (e.className.baseVal ?? e.className) : '');
  const beyond = [...document.querySelectorAll('body *')].filter((e) => !e.closest('svg svg') && e.getBoundingClientRect().right > innerWidth + 0.5 &&
    e.getBoundingClientRect().width > 0 && !e.closest('svg.chart > *'));
  const cut = [...document.querySelectorAll('td,th,dd,dt,h1,h2')].filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline');
  const labels = [...document.querySelectorAll('svg.chart')].flatMap((s) => {
    const all = [...s.querySelectorAll('text.label')].filter((t) => getComputedStyle(t).display !== 'none').map((t) => t.getBoundingClientRect());
    return all.flatMap((a, i) => all.slice(i + 1).filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom - 2 && b.top < a.bottom - 2).map(() => name(s)));
  });
  return { scroll: document.documentElement.scrollWidth, inner: innerWidth, beyond: beyond.slice(0, 5).map(name), cut: cut.slice(0, 5).map((e) => name(e) + ' ' + e.textContent),
           labels: labels.slice(0, 5) };
})()`;

// The lowest contrast of any text against what lies behind it (WCAG 2, relative luminance).
const contrast = `(() => {
  const rgb = (c) => (c.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length && (c[3] ?? 1) === 1) return c; } return [255, 255, 255]; };
  let lowest = { ratio: 99 };
  for (const e of document.querySelectorAll('h1,h2,p,td,th,dt,dd,small,caption,figcaption,a,summary,pre,text,.key')) {
    if (!e.textContent.trim() || e.getBoundingClientRect().width === 0) continue;
    const svg = e.closest('svg.chart');
    const a = light(rgb(svg ? getComputedStyle(e).fill : getComputedStyle(e).color)), b = light(behind(svg ?? e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < lowest.ratio) lowest = { ratio, at: e.tagName + '.' + (e.className.baseVal ?? e.className) + ' ' + e.textContent.trim().slice(0, 30) };
  }
  return lowest;
})()`;

const file = join(folder, 'report.html');
execFileSync(tomnext, ['backtest', demo, '--report', file], { stdio: ['ignore', 'ignore', 'inherit'] });
check(statSync(file).size < 1_500_000, `the page has ${statSync(file).size} bytes, less than 1.5 MB`);

const url = pathToFileURL(file).href;
const browser = await Browser.start(program);
try {
  for (const [name, screen] of Object.entries({
    phone: { width: 360, height: 740, phone: true },
    'phone-dark': { width: 360, height: 740, phone: true, dark: true },
    'small-phone': { width: 320, height: 568, phone: true },
    screen: { width: 1280, height: 900 },
    'screen-dark': { width: 1280, height: 900, dark: true },
  })) {
    await browser.open(url, screen);
    const l = await browser.ask(layout);
    check(l.inner === screen.width && l.scroll <= l.inner, `${name}: ${l.scroll} px wide in ${l.inner}`);
    check(l.beyond.length === 0, `${name}: nothing beyond the right edge ${l.beyond}`);
    check(l.cut.length === 0, `${name}: no text wider than its cell ${l.cut}`);
    check(l.labels.length === 0, `${name}: no label on another ${l.labels}`);
    const c = await browser.ask(contrast);
    check(c.ratio >= 4.5, `${name}: contrast at least 4.5 (${c.ratio.toFixed(2)}: ${c.at})`);
    check(browser.messages.length === 0, `${name}: nothing on the console ${browser.messages}`);
    const asked = browser.requests.filter((r) => r !== url && r !== 'data:,');
    check(asked.length === 0, `${name}: no request but the page itself ${asked}`);
    if (kept) writeFileSync(join(folder, `${name}.png`), await browser.picture());
  }
  const seen = await browser.ask(`({ trades: document.querySelectorAll('#price .pair').length, balance: document.querySelector('.cards').innerText,
    drawn: [...document.querySelectorAll('svg.chart')].every((s) => s.getBoundingClientRect().height > 100), title: document.title,
    tip: document.querySelector('#price .pair title').textContent, scripts: document.scripts.length })`);
  check(seen.trades === 285, `${seen.trades} trades on the price`);
  check(seen.balance.includes('962,062.51'), 'the final balance is told');
  check(seen.drawn && seen.scripts === 0, `charts are drawn without a script: ${seen.title}; ${seen.tip}`);
  // The policy of the page holds even for what gets into it.
  await browser.ask(`new Promise((done) => { const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s);
    const i = new Image(); i.onload = i.onerror = done; i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i); setTimeout(done, 2000); })`);
  check(await browser.ask('window.ran === undefined'), 'the page runs no script, whoever puts one in');
  check(browser.messages.some((m) => m.includes('Content Security Policy')), 'and the browser says why');

  await browser.open(url, { width: 1280, height: 900 });
  const pdf = await browser.pdf();
  writeFileSync(join(folder, 'report.pdf'), pdf);
  const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;
  check(pages >= 5 && pages <= 25, `printed on ${pages} pages`);
  await browser.send('Emulation.setEmulatedMedia', { media: 'print', features: [] });
  check(await browser.ask(`[...document.querySelectorAll('details pre')].every((p) => p.checkVisibility() && p.getBoundingClientRect().height > 50)`),
    'on paper the configuration is there although nobody opened it');
} finally {
  await browser.stop();
  if (!kept) rmSync(folder, { recursive: true, force: true });
}
if (failures > 0) console.error(`${failures} checks failed`);
process.exit(failures > 0 ? 1 : 0);
