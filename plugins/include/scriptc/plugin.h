#pragma once

#include "scriptc/nn.h"
#include "scriptc/parameters.h"

// The SDK of described plugins: header-only C++17 that needs the standard library and abi.h only. See examples/plugin.

#pragma GCC visibility push(hidden)
namespace scriptc {

namespace detail {

/// Runs code of the plugin with the session current, and turns its exceptions into a status.
template <class Body>
std::int32_t run(const scriptc_host* host, scriptc_session* id, Body body) {
  const Session before = current;
  current = {host, id};
  std::int32_t status = SCRIPTC_OK;
  try {
    body();
  } catch (const BuildError&) {
    status = SCRIPTC_HOST_ERROR;
  } catch (const std::exception& error) {
    host->fail(id, error.what());
    status = SCRIPTC_OWN_ERROR;
  } catch (...) {
    host->fail(id, "it threw something that is no std::exception");
    status = SCRIPTC_OWN_ERROR;
  }
  current = before;
  return status;
}

/// scriptc_model::build for a builder of this signature.
template <class Result, class... P>
std::int32_t build(void* builder, const scriptc_host* host, scriptc_session* id, const scriptc_handle* arguments,
                   std::uint64_t, scriptc_handle* module) {
  return run(host, id, [&] {
    [[maybe_unused]] const auto next = [&arguments] { return *arguments++; };
    const std::tuple<std::decay_t<P>...> values{Parameter<P>::read(next())...};  // braces: from left to right
    *module = std::apply(reinterpret_cast<Result (*)(P...)>(builder), values).handle();
  });
}

}  // namespace detail

/// A registered model, to say more about it.
class Model {
 public:
  explicit Model(scriptc_handle handle) : handle_(handle) {}
  /// One sentence for `scriptc list`.
  SCRIPTC_COLD Model& doc(const char* text) {
    const detail::Session& s = detail::session();
    detail::check(s.host->set_model_doc(s.id, handle_, text));
    return *this;
  }
  /// An example input, once for each argument of forward: `float32[N=2,3,H=224,W=224]`.
  SCRIPTC_COLD Model& input(const char* spec) {
    const detail::Session& s = detail::session();
    detail::check(s.host->add_model_input(s.id, handle_, spec));
    return *this;
  }

 private:
  scriptc_handle handle_;
};

/// The plugin as SCRIPTC_PLUGIN's body sees it.
class Plugin {
 public:
  /// Registers a builder: a function that returns nn::Module, with one name for each parameter, with or without a
  /// default: `m.model("Net", &net, "depth"_a, "dropout"_a = 0.5)`.
  template <class Result, class... P, class... Names>
  Model model(const PlacedName& name, Result (*builder)(P...), const Names&... names) {
    return add(detail::Types<P...>(), name, reinterpret_cast<void*>(builder), &detail::build<Result, P...>, names...);
  }
  /// Registers a torch::nn::Module type or a factory. Only in plugins that include native.h, which defines it.
  template <class Net, class... P, class... Names>
  Model native(const PlacedName& name, const Names&... names);

  /// Python functions that every `def` of the plugin can call.
  SCRIPTC_COLD void functions(const char* source, Place place = Place()) {
    const detail::Session& s = detail::session();
    detail::check(s.host->add_functions(s.id, place, source));
  }

  /// What `model` and `native` come down to.
  template <class... P, class... Names>
  Model add(detail::Types<P...>, const PlacedName& name, void* builder, scriptc_build build, const Names&... names) {
    static_assert(sizeof...(P) == sizeof...(Names), "name every parameter of the builder, in order: \"width\"_a = 3");
    const std::string types[] = {detail::Parameter<P>::type()..., ""};
    const Arg args[] = {names..., Arg()};
    scriptc_parameter parameters[sizeof...(P) + 1] = {};
    for (std::size_t i = 0; i < sizeof...(P); ++i)
      parameters[i] = {args[i].argument().name, types[i].c_str(), args[i].handle()};
    return add(name, builder, build, parameters, sizeof...(P));
  }

 private:
  SCRIPTC_COLD Model add(const PlacedName& name, void* builder, scriptc_build build,
                         const scriptc_parameter* parameters, std::size_t count) {
    const scriptc_model model = {
        sizeof(scriptc_model), static_cast<std::uint32_t>(count), name.text, parameters, build, builder, name.place};
    return Model(detail::make(&scriptc_host::add_model, static_cast<const scriptc_model*>(&model)));
  }
};

namespace detail {

/// The entry: SCRIPTC_PLUGIN's body, run against the host's table.
SCRIPTC_COLD inline std::int32_t enter(const scriptc_host* host, scriptc_session* id, void (*body)(Plugin&)) {
  if (host->size < sizeof(scriptc_host)) return SCRIPTC_HOST_TOO_OLD;
  return run(host, id, [body] {
    Plugin plugin;
    body(plugin);
  });
}

}  // namespace detail

}  // namespace scriptc
#pragma GCC visibility pop

/// The note of the plugin; native.h replaces it.
#define SCRIPTC_PLUGIN_NOTE SCRIPTC_NOTE_SECTION(SCRIPTC_KIND_DESCRIBED, 0, "")

/// Registers the plugin's models: `SCRIPTC_PLUGIN(m) { m.model(…); }`, once in a plugin.
#define SCRIPTC_PLUGIN(m)                                                                                         \
  SCRIPTC_PLUGIN_NOTE;                                                                                            \
  static void scriptc_register(::scriptc::Plugin& m);                                                             \
  extern "C" __attribute__((visibility("default"))) std::int32_t scriptc_plugin_entry(const scriptc_host* host,   \
                                                                                      scriptc_session* session) { \
    return ::scriptc::detail::enter(host, session, &scriptc_register);                                            \
  }                                                                                                               \
  static void scriptc_register([[maybe_unused]] ::scriptc::Plugin& m)
