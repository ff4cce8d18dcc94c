// Chromium without a window, spoken to over a pipe: the browser's own protocol, and nothing from npm.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/// One browser with one page, and what the page did: requests, messages on its console, exceptions.
export class Browser {
  static async start(program) {
    const b = new Browser();
    b.profile = mkdtempSync(join(tmpdir(), 'tomnext-browser-'));
    const flags = ['--headless=new', '--remote-debugging-pipe', `--user-data-dir=${b.profile}`, '--no-first-run', '--disable-gpu', '--disable-extensions',
      '--disable-background-networking', '--disable-component-update', '--disable-sync', '--hide-scrollbars', '--force-color-profile=srgb', 'about:blank'];
    // The sandbox of the browser needs a user that is not root. What is opened here is a file of our own.
    if (process.getuid?.() === 0) flags.unshift('--no-sandbox');
    b.process = spawn(program, flags, { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
    b.said = '';
    b.process.stderr.on('data', (d) => { b.said = (b.said + d).slice(-4000); });
    b.process.on('exit', (code) => b.fail(new Error(`the browser ended with ${code}: ${b.said}`)));
    let rest = Buffer.alloc(0);
    b.process.stdio[4].on('data', (d) => {
      rest = Buffer.concat([rest, d]);
      for (let end; (end = rest.indexOf(0)) >= 0; rest = rest.subarray(end + 1)) b.receive(JSON.parse(rest.subarray(0, end).toString()));
    });
    const { targetInfos } = await b.send('Target.getTargets');
    const page = targetInfos.find((t) => t.type === 'page') ?? await b.send('Target.createTarget', { url: 'about:blank' });
    b.session = (await b.send('Target.attachToTarget', { targetId: page.targetId, flatten: true })).sessionId;
    for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await b.send(`${domain}.enable`);
    return b;
  }

  waiting = new Map();
  next = 0;
  requests = [];
  messages = [];
  listeners = [];

  receive(m) {
    if (m.id !== undefined) {
      const w = this.waiting.get(m.id);
      this.waiting.delete(m.id);
      if (m.error) w?.reject(new Error(`${w.method}: ${m.error.message}`));
      else w?.resolve(m.result);
      return;
    }
    if (m.method === 'Network.requestWillBeSent') this.requests.push(m.params.request.url);
    if (m.method === 'Runtime.consoleAPICalled') this.messages.push(m.params.args.map((a) => a.value ?? a.description).join(' '));
    if (m.method === 'Runtime.exceptionThrown') this.messages.push(m.params.exceptionDetails.text);
    if (m.method === 'Log.entryAdded') this.messages.push(`${m.params.entry.level}: ${m.params.entry.text}`);
    this.listeners = this.listeners.filter((l) => l.method !== m.method || (l.resolve(m.params), false));
  }
  fail(error) {
    for (const w of this.waiting.values()) w.reject(error);
    this.waiting.clear();
  }
  send(method, params = {}) {
    const id = ++this.next;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { method, resolve, reject });
      this.process.stdio[3].write(JSON.stringify({ id, method, params, ...(this.session && { sessionId: this.session }) }) + '\0');
    });
  }
  once(method) { return new Promise((resolve) => this.listeners.push({ method, resolve })); }

  async open(url, { width, height, dark = false, phone = false }) {
    await this.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: phone ? 2 : 1, mobile: phone });
    await this.send('Emulation.setEmulatedMedia', { media: '', features: [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }] });
    this.requests = [];
    this.messages = [];
    const loaded = this.once('Page.loadEventFired');
    await this.send('Page.navigate', { url });
    await loaded;
  }
  async ask(expression) {
    const r = await this.send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
    if (r.exceptionDetails) throw new Error(r.exceptionDetails.exception?.description ?? r.exceptionDetails.text);
    return r.result.value;
  }
  /// The whole page as PNG.
  async picture() { return Buffer.from((await this.send('Page.captureScreenshot', { captureBeyondViewport: true })).data, 'base64'); }
  async pdf() { return Buffer.from((await this.send('Page.printToPDF', { printBackground: false, preferCSSPageSize: true })).data, 'base64'); }
  async stop() {
    this.process.removeAllListeners('exit');
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    await this.send('Browser.close').catch(() => {});
    await ended;
    rmSync(this.profile, { recursive: true, force: true });
  }
}
