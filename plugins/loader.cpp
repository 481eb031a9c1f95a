#include "plugins/loader.h"

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>
#include <boost/dll/shared_library_load_mode.hpp>
#include <deque>
#include <filesystem>
#include <map>
#include <utility>

#include "plugins/builder.h"
#include "plugins/note_reader.h"
#include "plugins/session.h"
#include "scriptc/model/text.h"

namespace scriptc::plugins {
namespace {

/// A file stem as the name of a Python module: `my-net.v2` is `my_net_v2`.
std::string module_name_of(const std::string& path) {
  std::string name = std::filesystem::path(path).stem().string();
  for (char& c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) c = '_';
  return name.empty() || (name[0] >= '0' && name[0] <= '9') ? "_" + name : name;
}

class LoadedPlugin final : public Plugin {
 public:
  LoadedPlugin(std::string path, Registration registration, bool native)
      : path_(std::move(path)), registration_(std::move(registration)) {
    for (RegisteredModel& model : registration_.models) {
      model.info.native = native;
      models_.push_back(model.info);
    }
  }

  const std::string& path() const override { return path_; }
  const std::vector<ModelInfo>& models() const override { return models_; }

  Built build(const std::string& model, const std::vector<Value>& arguments, python::Evaluator& evaluator) override {
    const RegisteredModel& registered = find(model);
    Builder builder(evaluator, module_name_of(path_));
    for (const FunctionsText& functions : registration_.functions) builder.add_functions(functions);
    Session session(builder);
    std::vector<scriptc_handle> handles;
    for (const Value& argument : arguments) handles.push_back(session.keep(argument));
    scriptc_handle root = 0;
    const std::int32_t status =
        registered.build(registered.builder, &host_table(), &session, handles.data(), handles.size(), &root);
    if (status != SCRIPTC_OK) raise(status, session, model);
    Built built{nullptr, std::nullopt, builder.inputs().empty() ? registered.info.inputs : builder.inputs()};
    if (registered.info.native)
      built.native = native_of(session, model);
    else
      built.module = module_of(session, root, model);
    return built;
  }

 private:
  std::string subject(const std::string& model) const { return "model " + quote(model) + " of plugin " + quote(path_); }

  const RegisteredModel& find(const std::string& name) const {
    std::vector<std::string> names;
    for (const RegisteredModel& model : registration_.models) {
      if (model.info.name == name) return model;
      names.push_back(model.info.name);
    }
    throw Error(ErrorKind::model, "plugin " + quote(path_) + " has no model " + quote(name) + "; its models are " +
                                      join(names) + did_you_mean(name, names));
  }

  [[noreturn]] void raise(std::int32_t status, const Session& session, const std::string& model) const {
    if (status == SCRIPTC_HOST_ERROR && session.error()) std::rethrow_exception(session.error());
    const std::string& text = session.error_text();
    throw Error(ErrorKind::model,
                subject(model) + " cannot be built: " + (text.empty() ? "its builder failed without a reason" : text));
  }

  ModulePtr module_of(const Session& session, scriptc_handle root, const std::string& model) const {
    const Value& value = session.at(root);
    if (const auto module = value.try_as<Module>()) return module;
    throw Error(ErrorKind::model, subject(model) + " cannot be built: its builder returned " +
                                      quote(value.type_name()) + " instead of a module");
  }

  NativeModule native_of(const Session& session, const std::string& model) const {
    if (session.native.module) return session.native;
    throw Error(ErrorKind::model, subject(model) + " cannot be built: its builder returned no module");
  }

  std::string path_;
  Registration registration_;
  std::vector<ModelInfo> models_;
};

/// What the dynamic linker says, out of Boost's text around it and without the file's name.
std::string linker_message(std::string text, const std::string& file) {
  constexpr std::string_view kBefore = "dlerror system message: ";
  const std::size_t start = text.find(kBefore);
  const std::size_t end = text.rfind("): ");
  if (start == std::string::npos || end == std::string::npos || end < start) return text;
  text = text.substr(start + kBefore.size(), end - start - kBefore.size());
  const std::string prefix = file + ": ";
  return text.rfind(prefix, 0) == 0 ? text.substr(prefix.size()) : text;
}

/// Never unloaded, not even at exit or when registering fails: values and exceptions may refer to a plugin's code.
boost::dll::shared_library& open_library(const std::string& path) {
  static auto& libraries = *new std::deque<boost::dll::shared_library>;
  const std::string file = std::filesystem::absolute(path).string();
  try {
    const auto mode = boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local;
    return libraries.emplace_back(file, mode);
  } catch (const std::exception& error) {
    throw Error(ErrorKind::plugin,
                "plugin " + quote(path) + " cannot be loaded: " + escape(linker_message(error.what(), file), 0));
  }
}

Registration register_models(const std::string& path, const boost::dll::shared_library& library) {
  if (!library.has(SCRIPTC_ENTRY_SYMBOL))
    throw Error(ErrorKind::plugin, quote(path) + " is no plugin: it has no symbol " + quote(SCRIPTC_ENTRY_SYMBOL) +
                                       "\n  help: write SCRIPTC_PLUGIN(m) { m.model(…); } in one of its sources");
  Registration registration;
  Session session(registration);
  const auto entry = library.get<std::remove_pointer_t<scriptc_entry>>(SCRIPTC_ENTRY_SYMBOL);
  const std::int32_t status = entry(&host_table(), &session);
  if (status == SCRIPTC_HOST_TOO_OLD)
    throw Error(ErrorKind::plugin, "plugin " + quote(path) +
                                       " cannot be registered: it was built with a newer scriptc" +
                                       "\n  help: rebuild it with scriptc_add_plugin of this installation");
  if (status != SCRIPTC_OK)
    throw Error(ErrorKind::plugin, "plugin " + quote(path) + " cannot be registered: " + session.error_text());
  if (registration.models.empty())
    throw Error(ErrorKind::plugin, "plugin " + quote(path) + " has no models" +
                                       "\n  help: add one in SCRIPTC_PLUGIN(m) with m.model(\"Name\", &builder, …)");
  return registration;
}

}  // namespace

std::shared_ptr<Plugin> load_plugin(const std::string& path, const std::string& libtorch) {
  static auto& loaded = *new std::map<std::string, std::shared_ptr<Plugin>>;
  const PluginNote note = read_plugin_note(path);
  check_plugin_note(path, note, libtorch);
  const std::string key = std::filesystem::canonical(path).string();
  if (const auto known = loaded.find(key); known != loaded.end()) return known->second;
  Registration registration = register_models(path, open_library(path));
  return loaded[key] = std::make_shared<LoadedPlugin>(path, std::move(registration), note.native);
}

}  // namespace scriptc::plugins
