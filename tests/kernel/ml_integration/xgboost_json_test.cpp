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
  check_bits({tests::shipped_data("ml/binary-logistic.json.gz"), features, tests::shipped_data("ml/binary-logistic-expected.csv.gz"), "prediction_first_20_rounds", 20});
  check_bits({tests::shipped_data("ml/reg-squarederror.json.gz"), features, tests::shipped_data("ml/reg-squarederror-expected.csv.gz"), "prediction_first_30_rounds", 30});
}

TEST_CASE("XGBoost 1.7: all rows of the reference models, to the last bit", "[xgboost][shared]") {
  const std::string folder = "reference/ml/xgboost-fx/gbpusd-h4-";
  const auto features = tests::shared_data(folder + "features.csv.gz");
  if (!features) {
    WARN("SKIPPED: no reference/ml beside this checkout; set TOMNEXT_SHARED_DATA");
    return;
  }
  struct one { std::string name, part_column; std::size_t part_trees; };
  for (const auto& m : {one{"binary-logistic", "prediction_first_20_rounds", 20}, one{"reg-squarederror", "prediction_first_30_rounds", 30},
                        one{"forest-parallel", "prediction_first_1_rounds", 8}, one{"lossguide-hist", "prediction_first_15_rounds", 15},
                        one{"reg-pseudohuber-mono", "prediction_first_15_rounds", 15}}) {
    check_bits({*tests::shared_data(folder + m.name + ".json"), *features, *tests::shared_data(folder + m.name + "-expected.csv.gz"), m.part_column, m.part_trees});
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
