// XGBoost's own predictions, to the last bit of float32; and files that are no such models.
#include "actors/ml_integration/xgboost_json.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/support/shared_data.hpp"
#include "tests/support/table.hpp"

using namespace tomnext;
using namespace tomnext::ml_integration;
using nlohmann::json;

namespace {

constexpr float missing = std::numeric_limits<float>::quiet_NaN();
using row_of_features = std::vector<float>;

// Every expected text must be the shortest one that gives its float32 back, in the notation of numpy; then equality of bits is a claim about XGBoost.
float expected_float(const std::string& text) {
  float value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  REQUIRE(read.ec == std::errc{});
  std::array<char, 64> back{};
  const auto written = std::to_chars(back.data(), back.data() + back.size(), value, std::chars_format::scientific);
  REQUIRE(std::string(back.data(), written.ptr) == text);
  return value;
}

std::vector<row_of_features> features_of(const std::string& file) {
  const auto t = tests::read_table(file);
  std::vector<row_of_features> rows;
  for (const auto& fields : t.rows) {
    row_of_features row;
    for (std::size_t i = 2; i < fields.size(); ++i) {  // after the row number and the date
      float x = missing;
      if (!fields[i].empty()) REQUIRE(std::from_chars(fields[i].data(), fields[i].data() + fields[i].size(), x).ec == std::errc{});
      row.push_back(x);
    }
    rows.push_back(row);
  }
  return rows;
}

tree_ensemble loaded(const std::string& text) {
  auto model = load_xgboost_json(text);
  INFO((model ? "" : model.error().message));
  REQUIRE(model);
  return *model;
}

// The same model with its first trees only.
std::string cut(const std::string& text, std::size_t trees) {
  auto document = json::parse(text);
  auto& model = document["learner"]["gradient_booster"]["model"];
  auto& list = model["trees"];
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(trees), list.end());
  model["gbtree_model_param"]["num_trees"] = std::to_string(trees);
  return document.dump();
}

float prediction_of(const tree_ensemble& model, const tree_prediction& p) { return model.gives_probability() ? p.probability : p.margin; }
bool same_bits(float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }

struct reference {
  std::string model, features, expected, part_column;
  std::size_t part_trees;
};

// Margin, prediction, and the prediction of the first trees: each row, each equal to the last bit.
void check_bits(const reference& r) {
  INFO(r.model);
  const std::string text = tests::file_text(r.model);
  const auto whole = loaded(text);
  const auto part = loaded(cut(text, r.part_trees));
  const auto rows = features_of(r.features);
  const auto expected = tests::read_table(r.expected);
  REQUIRE(expected.size() >= 200);
  REQUIRE(expected.size() == rows.size());
  REQUIRE(part.tree_count() == r.part_trees);
  std::size_t margins = 0, predictions = 0, of_part = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    REQUIRE(rows[i].size() == whole.feature_count());
    const auto p = whole.predict(rows[i]);
    margins += same_bits(p.margin, expected_float(expected.at(i, "margin")));
    predictions += same_bits(prediction_of(whole, p), expected_float(expected.at(i, "prediction")));
    of_part += same_bits(prediction_of(part, part.predict(rows[i])), expected_float(expected.at(i, r.part_column)));
  }
  CHECK(margins == rows.size());
  CHECK(predictions == rows.size());
  CHECK(of_part == rows.size());
}

}  // namespace

TEST_CASE("XGBoost 1.7: shipped models predict what XGBoost predicts, to the last bit", "[xgboost]") {
  const auto features = tests::shipped_data("ml/features.csv.gz");
  check_bits({tests::shipped_data("ml/binary-logistic.json.gz"), features, tests::shipped_data("ml/binary-logistic-expected.csv.gz"),
              "prediction_first_20_rounds", 20});
  check_bits({tests::shipped_data("ml/reg-squarederror.json.gz"), features, tests::shipped_data("ml/reg-squarederror-expected.csv.gz"),
              "prediction_first_30_rounds", 30});
}

TEST_CASE("XGBoost 1.7: all rows of the reference models, to the last bit", "[xgboost][shared]") {
  const std::string folder = "reference/ml/xgboost-fx/gbpusd-h4-";
  const auto features = tests::shared_data(folder + "features.csv.gz");
  if (!features) {
    WARN("SKIPPED: no reference/ml beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  struct one {
    std::string name, part_column;
    std::size_t part_trees;
  };
  for (const auto& m : {one{"binary-logistic", "prediction_first_20_rounds", 20}, one{"reg-squarederror", "prediction_first_30_rounds", 30},
                        one{"forest-parallel", "prediction_first_1_rounds", 8}, one{"lossguide-hist", "prediction_first_15_rounds", 15},
                        one{"reg-pseudohuber-mono", "prediction_first_15_rounds", 15}}) {
    check_bits(
        {*tests::shared_data(folder + m.name + ".json"), *features, *tests::shared_data(folder + m.name + "-expected.csv.gz"), m.part_column, m.part_trees});
  }
}

namespace {

// Cases of XGBoost 3.1: predictions are written as doubles that are exactly float32.
void check_modern(const std::string& stem) {
  INFO(stem);
  const auto model = loaded(tests::file_text(stem + ".model.json"));
  const auto input = json::parse(tests::file_text(stem + ".input.json"));
  const auto expected = json::parse(tests::file_text(stem + ".expected.json"));
  REQUIRE(input["features"].size() == expected["predictions"].size());
  REQUIRE(input["features"].size() >= 5);
  for (std::size_t i = 0; i < input["features"].size(); ++i) {
    row_of_features row;
    for (const auto& x : input["features"][i]) row.push_back(x.is_null() ? missing : static_cast<float>(x.get<double>()));
    const auto p = model.predict(row);
    CHECK(static_cast<double>(p.margin) == expected["predictions"][i].get<double>());
    CHECK(static_cast<double>(prediction_of(model, p)) == expected["predictions_transformed"][i].get<double>());
  }
}

}  // namespace

TEST_CASE("XGBoost 3.1: base_score as a list, missing values; to the last bit", "[xgboost]") {
  check_modern(tests::shipped_data("ml/gbtree_binary_logistic_missing"));
}

TEST_CASE("XGBoost 3.1: the reference cases, to the last bit", "[xgboost][shared]") {
  const auto folder = tests::shared_data("reference/ml/xgboost-3.1-json");
  if (!folder) {
    WARN("SKIPPED: no reference/ml beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  for (const char* name : {"gbtree_regression", "gbtree_single_tree", "gbtree_binary_logistic_missing"}) check_modern(*folder + "/" + name);
}

TEST_CASE("XGBoost before 1.0, saved again as JSON: the published probabilities, to the last bit", "[xgboost][shared]") {
  const auto file = tests::shared_data("reference/ml/leaves/xgagaricus-as-1.7.4.json");
  if (!file) {
    WARN("SKIPPED: no reference/ml beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  const auto model = loaded(tests::file_text(*file));
  const auto lines = tests::fields_of(tests::file_text(*tests::shared_data("reference/ml/leaves/agaricus_test.libsvm.gz")), '\n');
  const auto published = tests::fields_of(tests::file_text(*tests::shared_data("reference/ml/leaves/xgagaricus_true_predictions.txt")), '\n');
  std::size_t rows = 0;
  for (; rows < lines.size() && !lines[rows].empty(); ++rows) {
    row_of_features row(model.feature_count(), missing);  // LIBSVM: an index that is not there is missing
    const auto fields = tests::fields_of(lines[rows], ' ');
    for (std::size_t i = 1; i < fields.size(); ++i) row.at(std::stoul(fields[i])) = std::stof(fields[i].substr(fields[i].find(':') + 1));
    REQUIRE(same_bits(model.predict(row).probability, std::stof(published.at(rows))));
  }
  CHECK(rows == 1611);
}

// ---- Files that are no such models.

namespace {

// x < 0.5 ? 1 : (x of feature 1 < -2 ? 10 : 100), base score 0.5.
json small_model() {
  return json::parse(R"({"version": [1, 7, 4], "learner": {
    "learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": "2", "num_target": "1"},
    "objective": {"name": "reg:squarederror"},
    "gradient_booster": {"name": "gbtree", "model": {
      "gbtree_model_param": {"num_trees": "1", "num_parallel_tree": "1"},
      "tree_info": [0],
      "trees": [{"tree_param": {"num_nodes": "5", "size_leaf_vector": "0"},
        "left_children": [1, -1, 3, -1, -1], "right_children": [2, -1, 4, -1, -1], "split_indices": [0, 0, 1, 0, 0],
        "split_conditions": [5E-1, 1E0, -2E0, 1E1, 1E2], "default_left": [1, 0, 0, 0, 0], "split_type": [0, 0, 0, 0, 0]}]}}}})");
}

struct refused {
  const char* where;
  json value;
  errc code;
  const char* says;
};

void check_refused(const std::string& text, errc code, const std::string& says) {
  const auto r = load_xgboost_json(text);
  REQUIRE(!r);
  INFO(r.error().message);
  CHECK(r.error().code == code);
  CHECK(r.error().message.find(says) != std::string::npos);
}

}  // namespace

TEST_CASE("XGBoost JSON: a hand-made tree is read as it is written", "[xgboost]") {
  const auto m = loaded(small_model().dump());
  CHECK(m.feature_count() == 2);
  CHECK(!m.gives_probability());
  CHECK(m.predict(row_of_features{0.25f, 0}).margin == 1.5f);
  CHECK(m.predict(row_of_features{0.5f, -3}).margin == 10.5f);  // the threshold itself goes right
  CHECK(m.predict(row_of_features{0.5f, -2}).margin == 100.5f);
  CHECK(m.predict(row_of_features{missing, missing}).margin == 1.5f);
  CHECK(m.predict(row_of_features{1, missing}).margin == 100.5f);
}

TEST_CASE("XGBoost JSON: nodes may stand in any order, and pruned ones may lie about", "[xgboost]") {
  auto d = small_model();
  auto& t = d[json::json_pointer("/learner/gradient_booster/model/trees/0")];
  t["left_children"] = {4, -1, -1, -1, -1, 1, -1};
  t["right_children"] = {5, -1, -1, -1, -1, 2, -1};
  t["split_indices"] = {0, 0, 0, 4294967295u, 0, 1, 4294967295u};  // deleted nodes carry no feature
  t["split_conditions"] = {0.5, 10, 100, 7, 1, -2, 7};
  t["default_left"] = {true, false, false, false, false, false, false};
  t["split_type"] = {0, 0, 0, 0, 0, 0, 0};
  t["tree_param"]["num_nodes"] = "7";
  const auto m = loaded(d.dump());
  CHECK(m.predict(row_of_features{0.25f, 0}).margin == 1.5f);
  CHECK(m.predict(row_of_features{1, -3}).margin == 10.5f);
  CHECK(m.predict(row_of_features{1, 0}).margin == 100.5f);
  CHECK(m.predict(row_of_features{missing, 0}).margin == 1.5f);
}

TEST_CASE("XGBoost JSON: objectives decide base margin and probability", "[xgboost]") {
  auto d = small_model();
  const auto name = json::json_pointer("/learner/objective/name");
  const auto base = json::json_pointer("/learner/learner_model_param/base_score");
  const auto margin = [&](const char* objective, const char* score) {
    d[name] = objective;
    d[base] = score;
    const auto m = loaded(d.dump());
    CHECK(m.gives_probability() == (std::string(objective) == "binary:logistic" || std::string(objective) == "reg:logistic"));
    return m.predict(row_of_features{0, 0}).margin;
  };
  for (const char* o : {"reg:squarederror", "reg:linear", "reg:squaredlogerror", "reg:pseudohubererror", "reg:absoluteerror", "binary:logitraw"}) {
    CHECK(margin(o, "2.5E-1") == 1.25f);
    CHECK(margin(o, "[2.5E-1]") == 1.25f);
    CHECK(margin(o, "-3") == -2.0f);
  }
  for (const char* o : {"binary:logistic", "reg:logistic"}) {
    CHECK(margin(o, "5E-1") == 1.0f);
    CHECK(margin(o, "[2.5E-1]") == 1.0f - 0x1.193ea8p+0f);  // ln 3
  }
}

TEST_CASE("XGBoost JSON: what is not supported is named, with what is", "[xgboost]") {
  const std::vector<refused> cases{
      {"/learner/gradient_booster/name", "dart", errc::unsupported_format, "the booster 'dart' is not supported; supported is gbtree"},
      {"/learner/gradient_booster/name", "gblinear", errc::unsupported_format, "the booster 'gblinear'"},
      {"/learner/objective/name", "multi:softprob", errc::unsupported_format, "the objective 'multi:softprob' is not supported; supported is binary:logistic"},
      {"/learner/objective/name", "count:poisson", errc::unsupported_format, "'count:poisson'"},
      {"/learner/objective/name", "binary:hinge", errc::unsupported_format, "'binary:hinge'"},
      {"/learner/learner_model_param/num_class", "3", errc::unsupported_format, "3 classes"},
      {"/learner/learner_model_param/num_target", "2", errc::unsupported_format, "2 targets"},
      {"/learner/learner_model_param/base_score", "[1E0,2E0]", errc::unsupported_format, "each of several outputs"},
      {"/learner/gradient_booster/model/trees/0/split_type", {0, 0, 1, 0, 0}, errc::unsupported_format, "trees[0]: a categorical split"},
      {"/learner/gradient_booster/model/trees/0/tree_param/size_leaf_vector", "3", errc::unsupported_format, "a leaf of 3 values"},
      {"/version", {4, 0, 0}, errc::unsupported_format, "XGBoost 4"},
      {"/version", {0, 90, 0}, errc::unsupported_format, "XGBoost 0"},
  };
  for (const auto& c : cases) {
    auto d = small_model();
    d[json::json_pointer(c.where)] = c.value;
    check_refused(d.dump(), c.code, c.says);
  }
}

TEST_CASE("XGBoost JSON: broken values are refused with their place", "[xgboost]") {
  const std::string huge(400, '9');
  const std::vector<refused> cases{
      {"/version", "1.7.4", errc::invalid_argument, "version"},
      {"/version", json::array(), errc::invalid_argument, "version"},
      {"/learner", 7, errc::invalid_argument, "learner: must be object, is number"},
      {"/learner/learner_model_param/base_score", 0.5, errc::invalid_argument, "base_score: must be string"},
      {"/learner/learner_model_param/base_score", "", errc::invalid_argument, "is no number"},
      {"/learner/learner_model_param/base_score", "[]", errc::invalid_argument, "is no number"},
      {"/learner/learner_model_param/base_score", "[", errc::invalid_argument, "is no number"},
      {"/learner/learner_model_param/base_score", "nan", errc::invalid_argument, "is no number"},
      {"/learner/learner_model_param/base_score", "1E40", errc::invalid_argument, "is no number"},
      {"/learner/learner_model_param/base_score", "0.5x", errc::invalid_argument, "'0.5x'"},
      {"/learner/learner_model_param/num_feature", huge, errc::invalid_argument, "is no count"},
      {"/learner/learner_model_param/num_feature", "-2", errc::invalid_argument, "is no count"},
      {"/learner/learner_model_param/num_feature", "4000000000", errc::invalid_argument, "at most 1000000"},
      {"/learner/learner_model_param/num_feature", "1", errc::invalid_argument, "trees[0], node 2: feature 1 of 1"},
      {"/learner/gradient_booster/model/gbtree_model_param/num_trees", "18446744073709551615", errc::invalid_argument, "has 1 trees where num_trees says"},
      {"/learner/gradient_booster/model/trees", json::object(), errc::invalid_argument, "trees: must be array, is object"},
      {"/learner/gradient_booster/model/trees/0", nullptr, errc::invalid_argument, "trees[0]: must be object, is null"},
      {"/learner/gradient_booster/model/trees/0/tree_param/num_nodes", "4294967296", errc::invalid_argument, "but there are 5 nodes"},
      {"/learner/gradient_booster/model/trees/0/left_children", json::array(), errc::invalid_argument, "has no nodes"},
      {"/learner/gradient_booster/model/trees/0/right_children", {2, -1}, errc::invalid_argument, "right_children: has 2 values for 5 nodes"},
      {"/learner/gradient_booster/model/trees/0/left_children/0", 1.5, errc::invalid_argument, "left_children[0]: must be a whole number"},
      {"/learner/gradient_booster/model/trees/0/left_children/0", "1", errc::invalid_argument, "left_children[0]: must be a whole number, is string"},
      {"/learner/gradient_booster/model/trees/0/left_children/0", 18446744073709551615u, errc::invalid_argument, "left_children[0]: is beyond 32 bits"},
      {"/learner/gradient_booster/model/trees/0/left_children/0", 5, errc::invalid_argument, "node 0: child 5 of 5 nodes"},
      {"/learner/gradient_booster/model/trees/0/left_children/0", -2, errc::invalid_argument, "node 0: child -2 of 5 nodes"},
      {"/learner/gradient_booster/model/trees/0/left_children/0", -1, errc::invalid_argument, "node 0: child -1 of 5 nodes"},  // one child only
      {"/learner/gradient_booster/model/trees/0/left_children/0", 0, errc::invalid_argument, "this is no tree"},               // itself
      {"/learner/gradient_booster/model/trees/0/left_children/2", 0, errc::invalid_argument, "this is no tree"},               // a cycle
      {"/learner/gradient_booster/model/trees/0/right_children/2", 1, errc::invalid_argument, "this is no tree"},              // a shared child
      {"/learner/gradient_booster/model/trees/0/split_indices/2", -1, errc::invalid_argument, "feature -1 of 2"},
      {"/learner/gradient_booster/model/trees/0/split_conditions/1", nullptr, errc::invalid_argument, "split_conditions[1]: must be a finite number, is null"},
      {"/learner/gradient_booster/model/trees/0/default_left/0", json::object(), errc::invalid_argument, "default_left[0]"},
  };
  for (const auto& c : cases) {
    INFO(c.where);
    auto d = small_model();
    d[json::json_pointer(c.where)] = c.value;
    check_refused(d.dump(), c.code, c.says);
  }
  auto logistic = small_model();
  logistic["learner"]["objective"]["name"] = "binary:logistic";
  for (const char* score : {"0", "1", "-1", "1.5"}) {
    logistic["learner"]["learner_model_param"]["base_score"] = score;
    check_refused(logistic.dump(), errc::invalid_argument, "must lie between 0 and 1 for binary:logistic");
  }
  for (const char* word : {"NaN", "Infinity", "-Infinity"}) {
    auto text = small_model().dump();
    const auto place = text.find("-2.0");
    REQUIRE(place != std::string::npos);
    check_refused(text.replace(place, 4, word), errc::invalid_argument, "split_conditions[2]: must be a finite number");
  }
  auto overflowing = small_model().dump();
  const auto at = overflowing.find("100.0");
  REQUIRE(at != std::string::npos);
  check_refused(overflowing.replace(at, 5, "1e60"), errc::invalid_argument, "beyond float32");
}

TEST_CASE("XGBoost JSON: each member that is missing is named", "[xgboost]") {
  for (const char* where :
       {"/learner", "/learner/learner_model_param", "/learner/learner_model_param/base_score", "/learner/learner_model_param/num_feature", "/learner/objective",
        "/learner/objective/name", "/learner/gradient_booster", "/learner/gradient_booster/name", "/learner/gradient_booster/model",
        "/learner/gradient_booster/model/gbtree_model_param", "/learner/gradient_booster/model/gbtree_model_param/num_trees",
        "/learner/gradient_booster/model/trees", "/learner/gradient_booster/model/trees/0/tree_param",
        "/learner/gradient_booster/model/trees/0/tree_param/num_nodes", "/learner/gradient_booster/model/trees/0/left_children",
        "/learner/gradient_booster/model/trees/0/right_children", "/learner/gradient_booster/model/trees/0/split_indices",
        "/learner/gradient_booster/model/trees/0/split_conditions", "/learner/gradient_booster/model/trees/0/default_left"}) {
    INFO(where);
    auto d = small_model();
    const json::json_pointer p(where);
    d[p.parent_pointer()].erase(p.back());
    check_refused(d.dump(), errc::invalid_argument, p.back() + ": is missing");
  }
}

TEST_CASE("XGBoost JSON: text cut at any byte, nested without end, or too long is refused", "[xgboost]") {
  const std::string whole = small_model().dump();
  for (std::size_t n = 0; n < whole.size(); ++n) REQUIRE(!load_xgboost_json(std::string_view(whole).substr(0, n)));
  check_refused(whole.substr(0, whole.size() - 1), errc::invalid_argument, "not complete JSON");
  check_refused("[1, 2]", errc::invalid_argument, "must be object, is array");
  check_refused(std::string(1'000'000, '['), errc::invalid_argument, "nests deeper");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"({"learner":)";
  check_refused(deep, errc::invalid_argument, "nests deeper");
  check_refused(std::string(xgboost_json_bytes_max + 1, ' '), errc::invalid_argument, "bytes; at most");
  check_refused(std::string("{L\0\0", 4), errc::unsupported_format, "UBJSON is not supported");
}

TEST_CASE("XGBoost JSON: bytes changed at random never do harm", "[xgboost]") {
  const std::string whole = small_model().dump();
  std::uint64_t state = 42;
  const auto next = [&] { return state = state * 6364136223846793005u + 1442695040888963407u, state >> 33; };
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = whole;
    for (auto changes = 1 + next() % 3; changes > 0; --changes) damaged[next() % damaged.size()] = R"(0123456789-.eE"[]{},:tn)"[next() % 24];
    if (const auto m = load_xgboost_json(damaged)) {
      ++accepted;
      (void)m->predict(row_of_features(m->feature_count(), missing));
    }
  }
  CHECK(accepted > 0);  // a changed digit is still a model: the damage reaches the trees, too
  CHECK(accepted < 20'000);
}

TEST_CASE("XGBoost JSON: the reference models of other kinds are refused by name", "[xgboost][shared]") {
  if (!tests::shared_data("reference/ml/xgboost-fx")) {
    WARN("SKIPPED: no reference/ml beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  const std::string fx = "reference/ml/xgboost-fx/gbpusd-h4-", modern = "reference/ml/xgboost-3.1-json/";
  struct one {
    std::string file, says;
  };
  for (const auto& m : {one{fx + "dart-logistic.json", "'dart'"}, one{fx + "gblinear-reg.json", "'gblinear'"}, one{fx + "multi-softprob3.json", "3 classes"},
                        one{fx + "poisson.json", "'count:poisson'"}, one{fx + "cat-onehot.json", "categorical split"},
                        one{fx + "cat-partition.json", "categorical split"}, one{fx + "binary-logistic.ubj", "UBJSON"},
                        one{modern + "dart_regression.model.json", "'dart'"}, one{modern + "gblinear_regression.model.json", "'gblinear'"},
                        one{modern + "gbtree_categorical.model.json", "categorical split"}, one{modern + "gbtree_multiclass.model.json", "classes"}}) {
    INFO(m.file);
    const auto file = tests::shared_data(m.file);
    REQUIRE(file);
    const auto r = load_xgboost_json(tests::file_text(*file));
    REQUIRE(!r);
    CHECK(r.error().message.find(m.says) != std::string::npos);
  }
}
