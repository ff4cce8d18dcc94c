#include "actors/api/router.hpp"

#include <algorithm>
#include <set>

namespace tomnext::api {
namespace {

bool is_name(std::string_view part) { return part.starts_with('{'); }

/// "/a/b" is a and b; "/" is one empty part; "/a/" is a and an empty part, and so another path than "/a".
std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return parts;
}

bool is_well_formed(std::string_view part) {
  if (!is_name(part)) return part.find_first_of("{}?") == std::string_view::npos;
  return part.size() > 2 && part.ends_with('}') && part.substr(1, part.size() - 2).find_first_of("{}") == std::string_view::npos;
}

template <class Parts> bool matches(const std::vector<std::string>& pattern, const Parts& path) {
  return std::equal(pattern.begin(), pattern.end(), path.begin(), path.end(),
                    [](std::string_view p, std::string_view part) { return is_name(p) ? !part.empty() : p == part; });
}

/// True where a is the more literal one, judged from the left.
bool more_literal(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) { return !is_name(x) && is_name(y); });
}

}  // namespace

result<void> router::add(const std::string& method, const std::string& pattern, route_handler handler) {
  const auto bad = [&](const std::string& what) { return error(errc::invalid_argument, "route " + method + " " + pattern + ": " + what); };
  if (method != "GET" && method != "POST") return bad("the methods are GET and POST");
  if (!handler) return bad("no handler");
  const auto views = split(pattern);
  if (views.empty() || !std::all_of(views.begin(), views.end(), is_well_formed)) return bad("a pattern begins with '/', and its parts are text or {name}");
  std::vector<std::string> parts(views.begin(), views.end());
  std::set<std::string> names;
  for (const auto& part : parts)
    if (is_name(part) && !names.insert(part).second) return bad(part + " stands twice in it");

  auto same_shape = [&](const route& r) {
    return std::equal(r.parts.begin(), r.parts.end(), parts.begin(), parts.end(),
                      [](const auto& x, const auto& y) { return x == y || (is_name(x) && is_name(y)); });
  };
  auto found = std::find_if(routes_.begin(), routes_.end(), same_shape);
  if (found == routes_.end()) found = routes_.insert(routes_.end(), route{parts, {}});
  if (found->parts != parts) return bad("another route of this shape names its parts differently");
  if (!found->handlers.emplace(method, std::move(handler)).second) return bad("there is a handler already");
  return {};
}

const router::route* router::find(const std::vector<std::string_view>& parts) const {
  const route* best = nullptr;
  for (const auto& r : routes_)
    if (matches(r.parts, parts) && (best == nullptr || more_literal(r.parts, best->parts))) best = &r;
  return best;
}

void router::operator()(http_request request, responder respond) const {
  const auto parts = split(request.path);
  const route* r = find(parts);
  if (r == nullptr) return respond(problem(404, "not_found", "there is nothing at " + request.path, request.correlation_id));
  const auto handler = r->handlers.find(request.method == "HEAD" ? "GET" : request.method);
  if (handler == r->handlers.end()) {
    const bool reads = r->handlers.contains("GET");
    const std::string allowed = reads ? "GET, HEAD" : "POST";  // had it both, the request would have found its handler
    auto refusal = problem(405, "method_not_allowed", request.path + " serves " + allowed + " only", request.correlation_id);
    refusal.headers.emplace_back("Allow", allowed);
    return respond(std::move(refusal));
  }
  path_parameters parameters;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (is_name(r->parts[i])) parameters.emplace(r->parts[i].substr(1, r->parts[i].size() - 2), parts[i]);
  handler->second(request, parameters, std::move(respond));
}

}  // namespace tomnext::api
