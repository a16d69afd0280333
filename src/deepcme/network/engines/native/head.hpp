// The upper part of one network: everything after the first layer's product.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels.hpp"
#include "losses.hpp"
#include "matrix.hpp"

namespace deepcme {

/// What a network looks like above X, and how it is trained.
struct Settings {
  std::vector<int64_t> widths;  // of the hidden layers of one member
  int64_t n_members;            // networks that share the first layer's sweep
  bool batch_norm;
  float dropout;
  Loss loss;
};

/// What the head learns from: one batch's outcomes and Dropout masks.
struct Examples {
  const Outcomes& outcomes;
  std::vector<const uint8_t*> kept;  // one per hidden layer; empty without Dropout

  int64_t n() const { return outcomes.size(); }
};

/// A matrix that belongs to someone else.
struct Span {
  float* data;
  int64_t rows, columns, stride;
};

enum class Content { value, first_moment, second_moment };

class Head {
 public:
  Head(const Kernels& kernels, const Settings& settings);

  void reserve_rows(int64_t rows);

  /// Forward and backward over one batch and an Adam step of every parameter. Reads the
  /// first layer's product, writes the gradient with respect to it, and returns the sum of
  /// the weighted losses.
  double train(Span product, const Examples& examples, float* product_gradient,
               const AdamStep& step);

  /// Writes the logit of each row, `logit_stride` apart, in evaluation mode.
  void infer(Span product, float* logits, int64_t logit_stride);

  /// The array of a name as `NetworkWeights` has it; running statistics have a value only.
  Span array(const std::string& name, Content content);

 private:
  struct HiddenBlock {
    Parameter bias, scale, shift;  // bias, or scale and shift
    Matrix running_mean, running_var;
    Matrix mean, inverse_deviation;
    Matrix product;  // of the Linear before it; the first block's lives outside
    Matrix normalised, output, gradient, product_gradient;
  };

  Activation activation(size_t layer, Span product, const Examples* examples);
  void forward(Span product, const Examples* examples, int64_t n);
  float output_bias() const;
  double loss_gradient(const Outcomes& outcomes);
  void backward(Span product, const Examples& examples, float* product_gradient);
  void linear_gradient(size_t layer, const Matrix& output_gradient, int64_t n);
  void update(const AdamStep& step);
  void multiply(const Product& product) const;

  template <class Visit>
  void for_each_parameter(Visit&& visit);

  const Kernels& kernels_;
  Settings settings_;
  std::vector<HiddenBlock> blocks_;
  std::vector<Parameter> linears_;  // linears_[l] follows blocks_[l]; the last is the output
  Parameter output_bias_;           // empty where a constant has no say in the loss
  Matrix logits_, logits_gradient_;
  std::vector<double> loss_logits_, loss_gradient_;
  Matrix transposed_gradient_, transposed_input_gradient_;
};

}  // namespace deepcme
