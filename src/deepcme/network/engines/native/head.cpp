#include "head.hpp"

#include <algorithm>
#include <stdexcept>

#include "parallel.hpp"

namespace deepcme {
namespace {

/// Blocks in which products and updates are shared out among threads.
constexpr int64_t kBlockRows = 48;
constexpr int64_t kBlockColumns = 64;
constexpr int64_t kBlockValues = 16384;
constexpr int64_t kWorthwhileOperations = int64_t{1} << 22;

Span span(Matrix& matrix) {
  return {matrix.data(), matrix.rows(), matrix.columns(), matrix.stride()};
}

}  // namespace

Head::Head(const Kernels& kernels, const Settings& settings)
    : kernels_(kernels), settings_(settings) {
  if (!settings.loss.of_times) output_bias_ = Parameter(1, 1);
  const std::vector<int64_t>& widths = settings.widths;
  for (size_t layer = 0; layer < widths.size(); ++layer) {
    const int64_t width = widths[layer];
    HiddenBlock block;
    if (settings.batch_norm) {
      block.scale = Parameter(1, width);
      block.shift = Parameter(1, width);
      block.running_mean = Matrix(1, width);
      block.running_var = Matrix(1, width);
      block.mean = Matrix(1, width);
      block.inverse_deviation = Matrix(1, width);
    } else {
      block.bias = Parameter(1, width);
    }
    blocks_.push_back(std::move(block));
    const bool is_last = layer + 1 == widths.size();
    linears_.emplace_back(width, is_last ? 1 : widths[layer + 1]);
  }
  reserve_rows(1);
}

void Head::reserve_rows(int64_t rows) {
  if (rows <= logits_.rows()) return;
  int64_t widest = 1;
  for (size_t layer = 0; layer < blocks_.size(); ++layer) {
    const int64_t width = settings_.widths[layer];
    widest = std::max(widest, width);
    HiddenBlock& block = blocks_[layer];
    if (layer > 0) block.product = Matrix(rows, width);
    if (layer > 0) block.product_gradient = Matrix(rows, width);
    if (settings_.batch_norm) block.normalised = Matrix(rows, width);
    block.output = Matrix(rows, width);
    block.gradient = Matrix(rows, width);
  }
  logits_ = Matrix(rows, 1);
  logits_gradient_ = Matrix(rows, 1);
  loss_logits_.resize(rows);
  loss_gradient_.resize(rows);
  transposed_gradient_ = Matrix(widest, rows);
  transposed_input_gradient_ = Matrix(widest, rows);
}

double Head::train(Span product, const Examples& examples, float* product_gradient,
                   const AdamStep& step) {
  forward(product, &examples, examples.n());
  const double loss = loss_gradient(examples.outcomes);
  backward(product, examples, product_gradient);
  update(step);
  return loss;
}

void Head::infer(Span product, float* logits, int64_t logit_stride) {
  forward(product, nullptr, product.rows);
  const float bias = output_bias();
  for (int64_t row = 0; row < product.rows; ++row)
    logits[row * logit_stride] = *logits_.row(row) + bias;
}

/// The block's activation for the kernels; without examples, in evaluation mode.
Activation Head::activation(size_t layer, Span product, const Examples* examples) {
  HiddenBlock& block = blocks_[layer];
  const bool dropped = examples != nullptr && !examples->kept.empty();
  const int64_t width = settings_.widths[layer];
  return {
      .n_rows = product.rows,
      .width = width,
      .input = layer == 0 ? product.data : block.product.data(),
      .input_stride = layer == 0 ? product.stride : block.product.stride(),
      .output = block.output.data(),
      .normalised = block.normalised.data(),
      .stride = block.output.stride(),
      .bias = block.bias.value.data(),
      .scale = block.scale.value.data(),
      .shift = block.shift.value.data(),
      .running_mean = block.running_mean.data(),
      .running_var = block.running_var.data(),
      .mean = block.mean.data(),
      .inverse_deviation = block.inverse_deviation.data(),
      .kept = dropped ? examples->kept[layer] : nullptr,
      .kept_stride = width * settings_.n_members,
      .kept_factor = dropped ? 1 / (1 - settings_.dropout) : 1,
  };
}

void Head::forward(Span product, const Examples* examples, int64_t n) {
  for (size_t layer = 0; layer < blocks_.size(); ++layer) {
    const Activation block = activation(layer, product, examples);
    if (settings_.batch_norm) {
      if (examples != nullptr)
        kernels_.batch_statistics(block);
      else
        kernels_.running_statistics(block);
    }
    kernels_.activate(block);
    const bool is_last = layer + 1 == blocks_.size();
    Matrix& next = is_last ? logits_ : blocks_[layer + 1].product;
    const Matrix& weight = linears_[layer].value;
    multiply({.c = next.data(),
              .c_stride = next.stride(),
              .a = block.output,
              .a_row_stride = block.stride,
              .a_inner_stride = 1,
              .b = weight.data(),
              .b_stride = weight.stride(),
              .n_rows = n,
              .n_inner = weight.rows(),
              .n_columns = weight.stride()});
  }
}

float Head::output_bias() const {
  return output_bias_.empty() ? 0.0f : *output_bias_.value.data();
}

/// Fills the gradient of the mean loss by the logits; returns the summed loss.
double Head::loss_gradient(const Outcomes& outcomes) {
  const int64_t n = outcomes.size();
  const double bias = output_bias();
  for (int64_t row = 0; row < n; ++row) loss_logits_[row] = *logits_.row(row) + bias;
  for (size_t row = 0; row < outcomes.offset.size(); ++row)
    loss_logits_[row] += outcomes.offset[row];
  const double loss = settings_.loss.sum(loss_logits_.data(), outcomes, loss_gradient_.data());
  double bias_gradient = 0;
  for (int64_t row = 0; row < n; ++row) {
    const double gradient = loss_gradient_[row] / static_cast<double>(n);
    *logits_gradient_.row(row) = static_cast<float>(gradient);
    bias_gradient += gradient;
  }
  if (!output_bias_.empty())
    *output_bias_.gradient.data() = static_cast<float>(bias_gradient);
  return loss;
}

void Head::backward(Span product, const Examples& examples, float* product_gradient) {
  for (size_t layer = blocks_.size(); layer-- > 0;) {
    HiddenBlock& block = blocks_[layer];
    const bool is_last = layer + 1 == blocks_.size();
    const Matrix& from = is_last ? logits_gradient_ : blocks_[layer + 1].product_gradient;
    linear_gradient(layer, from, examples.n());
    for (Parameter* parameter : {&block.bias, &block.scale, &block.shift})
      if (!parameter->empty()) parameter->gradient.set_zero();
    kernels_.activation_gradient(
        activation(layer, product, &examples),
        {.output_gradient = block.gradient.data(),
         .input_gradient = layer == 0 ? product_gradient : block.product_gradient.data(),
         .input_gradient_stride = layer == 0 ? product.stride : block.product_gradient.stride(),
         .bias = block.bias.gradient.data(),
         .scale = block.scale.gradient.data(),
         .shift = block.shift.gradient.data()});
  }
}

/// Gradients of a Linear's weight, and of its input, which is the output of its block.
void Head::linear_gradient(size_t layer, const Matrix& output_gradient, int64_t n) {
  HiddenBlock& block = blocks_[layer];
  Parameter& linear = linears_[layer];
  const Matrix& weight = linear.value;
  multiply({.c = linear.gradient.data(),
            .c_stride = weight.stride(),
            .a = block.output.data(),
            .a_row_stride = 1,
            .a_inner_stride = block.output.stride(),
            .b = output_gradient.data(),
            .b_stride = output_gradient.stride(),
            .n_rows = weight.rows(),
            .n_inner = n,
            .n_columns = weight.stride()});
  // Transposing two matrices of the batch is cheaper than transposing the weights.
  kernels_.transpose(output_gradient.data(), output_gradient.stride(), n, weight.columns(),
                     transposed_gradient_.data(), transposed_gradient_.stride());
  multiply({.c = transposed_input_gradient_.data(),
            .c_stride = transposed_input_gradient_.stride(),
            .a = weight.data(),
            .a_row_stride = weight.stride(),
            .a_inner_stride = 1,
            .b = transposed_gradient_.data(),
            .b_stride = transposed_gradient_.stride(),
            .n_rows = weight.rows(),
            .n_inner = weight.columns(),
            .n_columns = padded(n)});
  kernels_.transpose(transposed_input_gradient_.data(), transposed_input_gradient_.stride(),
                     weight.rows(), n, block.gradient.data(), block.gradient.stride());
}

/// A product shared out in blocks whose size does not depend on the number of threads.
void Head::multiply(const Product& product) const {
  const int64_t row_blocks = (product.n_rows + kBlockRows - 1) / kBlockRows;
  const int64_t column_blocks = (product.n_columns + kBlockColumns - 1) / kBlockColumns;
  const bool worthwhile =
      product.n_rows * product.n_inner * product.n_columns > kWorthwhileOperations;
  for_each_task(row_blocks * column_blocks, worthwhile, [&](int64_t task) {
    const int64_t row = task % row_blocks * kBlockRows;
    const int64_t column = task / row_blocks * kBlockColumns;
    Product part = product;
    part.c += row * product.c_stride + column;
    part.a += row * product.a_row_stride;
    part.b += column;
    part.n_rows = std::min(kBlockRows, product.n_rows - row);
    part.n_columns = std::min(kBlockColumns, product.n_columns - column);
    kernels_.multiply(part);
  });
}

template <class Visit>
void Head::for_each_parameter(Visit&& visit) {
  for (size_t layer = 0; layer < blocks_.size(); ++layer) {
    HiddenBlock& block = blocks_[layer];
    for (Parameter* parameter : {&block.bias, &block.scale, &block.shift, &linears_[layer]})
      if (!parameter->empty()) visit(*parameter);
  }
  if (!output_bias_.empty()) visit(output_bias_);
}

void Head::update(const AdamStep& step) {
  for_each_parameter([&](Parameter& parameter) {
    const int64_t size = parameter.value.size();
    const int64_t n_tasks = (size + kBlockValues - 1) / kBlockValues;
    for_each_task(n_tasks, size > 2 * kBlockValues, [&](int64_t task) {
      const int64_t begin = task * kBlockValues;
      kernels_.adam(parameter.value.data() + begin, parameter.first_moment.data() + begin,
                    parameter.second_moment.data() + begin,
                    parameter.gradient.data() + begin, std::min(kBlockValues, size - begin),
                    step);
    });
  });
}

Span Head::array(const std::string& name, Content content) {
  const auto of = [content](Parameter& parameter) {
    if (content == Content::first_moment) return span(parameter.first_moment);
    if (content == Content::second_moment) return span(parameter.second_moment);
    return span(parameter.value);
  };
  if (name == "output_weight") return of(linears_.back());
  if (name == "output_bias") return of(output_bias_);
  for (size_t layer = 0; layer < blocks_.size(); ++layer) {
    HiddenBlock& block = blocks_[layer];
    const std::string prefix = "blocks." + std::to_string(layer) + ".";
    if (name == prefix + "weight" && layer > 0) return of(linears_[layer - 1]);
    if (name == prefix + "bias") return of(block.bias);
    if (name == prefix + "scale") return of(block.scale);
    if (name == prefix + "shift") return of(block.shift);
    if (content != Content::value) continue;
    if (name == prefix + "running_mean") return span(block.running_mean);
    if (name == prefix + "running_var") return span(block.running_var);
  }
  throw std::invalid_argument("The network has no array " + name + ".");
}

}  // namespace deepcme
