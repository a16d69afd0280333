// The Python module: checks every size, type and index, then hands plain pointers on.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <mutex>
#include <optional>

#include "dispatch.hpp"
#include "trainer.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace deepcme {
namespace {

constexpr int64_t kMaxWidth = 1024;

template <class T, int Dimensions>
using Array = nb::ndarray<const T, nb::ndim<Dimensions>, nb::c_contig, nb::device::cpu>;
using OutputArray = nb::ndarray<float, nb::c_contig, nb::device::cpu>;

void require(bool holds, const std::string& message) {
  if (!holds) throw nb::value_error(message.c_str());
}

template <class A>
void require_aligned(const A& array, const char* name) {
  const auto address = reinterpret_cast<uintptr_t>(array.data());
  require(address % (array.itemsize()) == 0, std::string(name) + " is not aligned.");
}

template <class A>
std::vector<float> to_vector(const A& array, const char* name) {
  require_aligned(array, name);
  return {array.data(), array.data() + array.size()};
}

void require_rows(const Array<int64_t, 1>& rows, int64_t n_samples) {
  require_aligned(rows, "rows");
  for (size_t i = 0; i < rows.size(); ++i)
    require(rows.data()[i] >= 0 && rows.data()[i] < n_samples, "A row is outside X.");
}

/// Lets Python handle signals now and then; Ctrl-C leaves as KeyboardInterrupt.
class SignalPoll {
 public:
  void operator()() {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(20)) return;
    last_ = now;
    const nb::gil_scoped_acquire acquire;
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

Samples checked_samples(const Array<float, 2>& x, const Array<float, 1>& y,
                        const Array<float, 1>& weight,
                        const std::optional<Array<float, 1>>& offset) {
  require_aligned(x, "X");
  require(x.shape(0) > 0 && x.shape(1) > 0, "X is empty.");
  require(y.size() == x.shape(0), "y needs one outcome per row of X.");
  require(weight.size() == x.shape(0), "sample_weight needs one weight per row of X.");
  require(!offset || offset->size() == x.shape(0), "offset needs one value per row of X.");
  for (size_t row = 0; row < y.size(); ++row)
    require(!std::isnan(y.data()[row]), "y must not be NaN.");
  return {.x = x.data(),
          .n = static_cast<int64_t>(x.shape(0)),
          .n_genes = static_cast<int64_t>(x.shape(1)),
          .outcome = to_vector(y, "y"),
          .weight = to_vector(weight, "sample_weight"),
          .offset = offset ? to_vector(*offset, "offset") : std::vector<float>()};
}

Settings checked_settings(const std::vector<int64_t>& widths, int64_t n_members,
                          bool batch_norm, float dropout,
                          const std::string& loss) {
  require(!widths.empty(), "The network needs a hidden layer.");
  for (const int64_t width : widths)
    require(width >= 1 && width <= kMaxWidth, "Widths go from 1 to 1024.");
  require(n_members >= 1 && n_members <= kMaxWidth, "There are 1 to 1024 members.");
  require(dropout >= 0 && dropout <= 0.9f, "dropout goes from 0 to 0.9.");
  return {.widths = widths,
          .n_members = n_members,
          .batch_norm = batch_norm,
          .dropout = dropout,
          .loss = find_loss(loss)};
}

Rule checked_rule(const std::string& name) {
  require(name == "adam" || name == "unit_momentum", "There is no update rule " + name + ".");
  return name == "adam" ? Rule::adam : Rule::unit_momentum;
}

Content checked_content(const std::string& name) {
  if (name == "value") return Content::value;
  if (name == "first_moment") return Content::first_moment;
  require(name == "second_moment", "An array has no " + name + ".");
  return Content::second_moment;
}

/// A Trainer that keeps X alive and is used by one thread at a time.
class PythonTrainer {
 public:
  PythonTrainer(Array<float, 2> x, Array<float, 1> y, Array<float, 1> sample_weight,
                const std::optional<Array<float, 1>>& offset,
                const std::vector<int64_t>& widths, int64_t n_members, bool batch_norm,
                float dropout, const std::string& loss, const std::string& rule,
                float learning_rate, float penalty, const std::string& level)
      : x_(x),
        trainer_(checked_samples(x, y, sample_weight, offset),
                 checked_settings(widths, n_members, batch_norm, dropout, loss),
                 checked_rule(rule), learning_rate, penalty, kernels_of(level)) {
    require(std::isfinite(learning_rate) && std::isfinite(penalty),
            "learning_rate and penalty must be finite.");
  }

  double train_epoch(const Array<int64_t, 1>& rows, const Array<int64_t, 1>& offsets,
                     const std::vector<Array<uint8_t, 2>>& kept) {
    const auto lock = this->lock();
    require_rows(rows, trainer_.n_samples());
    require_offsets(offsets, static_cast<int64_t>(rows.size()));
    const EpochPlan plan{.rows = rows.data(),
                         .offsets = offsets.data(),
                         .n_batches = static_cast<int64_t>(offsets.size()) - 1,
                         .kept = checked_masks(kept, rows.size())};
    const nb::gil_scoped_release release;
    return trainer_.train_epoch(plan, SignalPoll());
  }

  void infer(const Array<int64_t, 1>& rows, const OutputArray& logits) {
    const auto lock = this->lock();
    require_rows(rows, trainer_.n_samples());
    require_aligned(logits, "logits");
    const size_t n_members = static_cast<size_t>(trainer_.settings().n_members);
    require(logits.size() == rows.size() * n_members, "logits has the wrong size.");
    const nb::gil_scoped_release release;
    trainer_.infer(rows.data(), static_cast<int64_t>(rows.size()), logits.data());
  }

  void read(int64_t member, const std::string& name, const std::string& content,
            const OutputArray& into) {
    const auto lock = this->lock();
    copy_rows(matching_span(member, name, content, into), into.data(), true);
  }

  void write(int64_t member, const std::string& name, const std::string& content,
             const OutputArray& from) {
    const auto lock = this->lock();
    copy_rows(matching_span(member, name, content, from), from.data(), false);
    trainer_.forget_products();
  }

  void keep_genes(Array<float, 2> x, const Array<int64_t, 1>& kept,
                  const Array<float, 1>& factors) {
    const auto lock = this->lock();
    require_aligned(x, "X");
    require_aligned(kept, "kept");
    require(kept.size() > 0 && factors.size() == kept.size(),
            "kept and factors need one entry per gene that stays.");
    require(static_cast<int64_t>(x.shape(0)) == trainer_.n_samples() &&
                x.shape(1) == kept.size(),
            "X needs one column per gene that stays.");
    int64_t previous = -1;
    for (size_t i = 0; i < kept.size(); ++i) {
      const int64_t gene = kept.data()[i];
      require(gene > previous && gene < trainer_.n_genes(),
              "kept must be ascending positions of genes.");
      previous = gene;
    }
    trainer_.keep_genes(x.data(), {kept.data(), kept.data() + kept.size()},
                        to_vector(factors, "factors"));
    x_ = x;
  }

  int64_t n_steps() const { return trainer_.n_steps(); }
  void set_n_steps(int64_t n) {
    require(n >= 0, "The number of steps cannot be negative.");
    trainer_.set_n_steps(n);
  }

 private:
  std::unique_lock<std::mutex> lock() {
    std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
    if (!lock) throw std::runtime_error("This trainer is at work in another thread.");
    return lock;
  }

  void require_offsets(const Array<int64_t, 1>& offsets, int64_t n_rows) const {
    require_aligned(offsets, "offsets");
    const int64_t n = static_cast<int64_t>(offsets.size());
    const int64_t* at = offsets.data();
    require(n >= 2 && at[0] == 0 && at[n - 1] == n_rows, "offsets must span all rows.");
    const int64_t smallest = trainer_.settings().batch_norm ? 2 : 1;
    for (int64_t b = 0; b + 1 < n; ++b)
      require(at[b + 1] - at[b] >= smallest, "A batch has too few rows.");
  }

  std::vector<const uint8_t*> checked_masks(const std::vector<Array<uint8_t, 2>>& kept,
                                            size_t n_rows) const {
    const Settings& settings = trainer_.settings();
    require(kept.size() == (settings.dropout > 0 ? settings.widths.size() : 0),
            "Dropout needs one mask per hidden layer.");
    std::vector<const uint8_t*> masks;
    for (size_t layer = 0; layer < kept.size(); ++layer) {
      const int64_t width = settings.widths[layer] * settings.n_members;
      require(kept[layer].shape(0) == n_rows &&
                  static_cast<int64_t>(kept[layer].shape(1)) == width,
              "A Dropout mask has the wrong shape.");
      masks.push_back(kept[layer].data());
    }
    return masks;
  }

  Span matching_span(int64_t member, const std::string& name, const std::string& content,
                     const OutputArray& array) {
    require(member >= 0 && member < trainer_.settings().n_members, "No such member.");
    require_aligned(array, name.c_str());
    const Span span = trainer_.array(member, name, checked_content(content));
    require(span.rows * span.columns == static_cast<int64_t>(array.size()) && array.size() > 0,
            "The array " + name + " has another size.");
    return span;
  }

  /// Copies between an array of the trainer and a contiguous one.
  static void copy_rows(Span span, float* contiguous, bool read) {
    const size_t bytes = sizeof(float) * static_cast<size_t>(span.columns);
    for (int64_t row = 0; row < span.rows; ++row) {
      float* const inside = span.data + row * span.stride;
      float* const outside = contiguous + row * span.columns;
      std::memcpy(read ? outside : inside, read ? inside : outside, bytes);
    }
  }

  Array<float, 2> x_;
  Trainer trainer_;
  std::mutex mutex_;
};

}  // namespace
}  // namespace deepcme

NB_MODULE(_native, module) {
  using deepcme::PythonTrainer;
  module.doc() = "The native training engine; used through NativeEngine.";
  module.def("supported_levels", &deepcme::supported_levels);
  nb::class_<PythonTrainer>(module, "Trainer")
      .def(nb::init<deepcme::Array<float, 2>, deepcme::Array<float, 1>,
                    deepcme::Array<float, 1>, const std::optional<deepcme::Array<float, 1>>&,
                    const std::vector<int64_t>&, int64_t, bool, float, const std::string&,
                    const std::string&, float, float, const std::string&>(),
           "X"_a.noconvert(), "y"_a.noconvert(), "sample_weight"_a.noconvert(),
           "offset"_a.noconvert() = nb::none(), nb::kw_only(), "widths"_a, "n_members"_a,
           "batch_norm"_a, "dropout"_a, "loss"_a, "rule"_a, "learning_rate"_a, "penalty"_a,
           "level"_a)
      .def("train_epoch", &PythonTrainer::train_epoch, "rows"_a.noconvert(),
           "offsets"_a.noconvert(), "kept"_a.noconvert())
      .def("infer", &PythonTrainer::infer, "rows"_a.noconvert(), "logits"_a.noconvert())
      .def("read", &PythonTrainer::read, "member"_a, "name"_a, "content"_a,
           "into"_a.noconvert())
      .def("write", &PythonTrainer::write, "member"_a, "name"_a, "content"_a,
           "values"_a.noconvert())
      .def("keep_genes", &PythonTrainer::keep_genes, "X"_a.noconvert(), "kept"_a.noconvert(),
           "factors"_a.noconvert())
      .def_prop_rw("n_steps", &PythonTrainer::n_steps, &PythonTrainer::set_n_steps);
}
