#pragma once

#include <torch/nn/module.h>
#include <torch/version.h>

#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "scriptc/native_forward.h"
#include "scriptc/plugin.h"

// The SDK of native plugins: an existing torch::nn::Module becomes a model.
//
//     struct NetImpl : torch::nn::Module {
//       NetImpl(int64_t hidden, double dropout);
//       torch::Tensor forward(torch::Tensor x);
//     };
//     TORCH_MODULE(Net);
//
//     SCRIPTC_PLUGIN(m) {
//       m.native<Net, int64_t, double>("Net", "hidden"_a = 64, "dropout"_a = 0.1).input("float32[N=2,16]");
//     }
//
// The first type is the module, its TORCH_MODULE holder, or any type with `static std::shared_ptr<M> make(P...)`; the
// others are the parameters of its constructor (of `make`), named in order. `forward` takes and gives tensors, and
// std::optional, std::vector and std::tuple of them; it must not be overloaded or a template. It is traced: what C++
// computes from sizes or values is a number like any other to the tracer, so what depends on the batch size is refused
// (see README, "Native plugins"). A native plugin works with the LibTorch that it was compiled with.

#pragma GCC visibility push(hidden)
namespace scriptc {

namespace detail {

/// The module's type behind a TORCH_MODULE holder; a module is its own.
template <class Net, class = void>
struct Contained {
  using type = Net;
};
template <class Net>
struct Contained<Net, std::void_t<typename Net::ContainedType>> {
  using type = typename Net::ContainedType;
};

template <class Net, class... P>
concept MakesItself = requires(P... p) {
  Net::make(std::move(p)...);
};

template <class Net, class... P>
auto make_net(P... parameters) {
  if constexpr (MakesItself<Net, P...>)
    return Net::make(std::move(parameters)...);
  else
    return std::make_shared<typename Contained<Net>::type>(std::move(parameters)...);
}

template <class Net, class Signature>
class ForwardOf;

/// Calls `Net::forward`, a member of it or of a base with these argument types.
template <class Net, class Owner, class Result, class... A>
class ForwardOf<Net, Result (Owner::*)(A...)> : public native::Forward {
 public:
  explicit ForwardOf(std::shared_ptr<Net> net) : net_(std::move(net)) {}

  std::vector<c10::TypePtr> argument_types() const override { return {c10::getTypePtrCopy<std::decay_t<A>>()...}; }

  c10::IValue run(const std::vector<c10::IValue>& arguments) override {
    return call(arguments, std::index_sequence_for<A...>());
  }

 private:
  template <std::size_t... I>
  c10::IValue call([[maybe_unused]] const std::vector<c10::IValue>& arguments, std::index_sequence<I...>) {
    return c10::IValue(net_->forward(arguments.at(I).template to<std::decay_t<A>>()...));
  }

  std::shared_ptr<Net> net_;
};
template <class Net, class Owner, class Result, class... A>
class ForwardOf<Net, Result (Owner::*)(A...) const> : public ForwardOf<Net, Result (Owner::*)(A...)> {
 public:
  using ForwardOf<Net, Result (Owner::*)(A...)>::ForwardOf;
};

template <class T>
void release(void* pointer) {
  delete static_cast<T*>(pointer);
}

/// scriptc_model::build for a native model.
template <class Net, class... P>
std::int32_t build_native(void*, const scriptc_host* host, scriptc_session* id, const scriptc_handle* arguments,
                          std::uint64_t, scriptc_handle*) {
  return run(host, id, [&] {
    [[maybe_unused]] const auto next = [&arguments] { return *arguments++; };
    const std::tuple<std::decay_t<P>...> values{Parameter<P>::read(next())...};  // braces: from left to right
    auto net = std::apply([](const auto&... value) { return make_net<Net, std::decay_t<P>...>(value...); }, values);
    using Module = typename decltype(net)::element_type;
    using Forward = ForwardOf<Module, decltype(&Module::forward)>;
    // The host takes both over, and releases them also when the call fails.
    auto* module = new native::ModulePointer(net);
    native::Forward* forward = new Forward(net);
    check(host->set_native(id, module, &release<native::ModulePointer>, forward, &release<native::Forward>));
  });
}

}  // namespace detail

template <class Net, class... P, class... Names>
Model Plugin::native(const PlacedName& name, const Names&... names) {
  return add(detail::Types<P...>(), name, nullptr, &detail::build_native<Net, P...>, names...);
}

}  // namespace scriptc
#pragma GCC visibility pop

#undef SCRIPTC_PLUGIN_NOTE
#define SCRIPTC_PLUGIN_NOTE SCRIPTC_NOTE_SECTION(SCRIPTC_KIND_NATIVE, _GLIBCXX_USE_CXX11_ABI, TORCH_VERSION)
