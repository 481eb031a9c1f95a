#include "scriptc/cli/model_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "scriptc/cli/binding.h"
#include "scriptc/model/error.h"
#include "scriptc/model/text.h"
#include "scriptc/python/objects.h"

namespace scriptc::cli {
namespace {

[[noreturn]] void fail_no_model(const std::string& file, const std::string& name,
                                const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  for (const std::string& known : names) quoted.push_back(quote(known));
  throw Error(ErrorKind::model, quote(file) + " has no model " + quote(name) + "\n  models: " +
                                    (names.empty() ? "none" : join(quoted)) + did_you_mean(name, names));
}

class PluginModel final : public ModelSource {
 public:
  PluginModel(std::shared_ptr<plugins::Plugin> plugin, const CompileOptions& options)
      : plugin_(std::move(plugin)), info_(find_model(*plugin_, options.model)) {
    values_ = bind_arguments(info_, options.arguments);
  }

  const std::string& file() const override { return plugin_->path(); }
  plugins::Built build(python::Evaluator& evaluator) override { return plugin_->build(info_.name, values_, evaluator); }

 private:
  std::shared_ptr<plugins::Plugin> plugin_;
  const plugins::ModelInfo& info_;
  std::vector<Value> values_;
};

bool is_identifier(const std::string& text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c < 0; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && !digit(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || digit(c); });
}

class PythonModel final : public ModelSource {
 public:
  explicit PythonModel(const CompileOptions& options) : file_(options.module), name_(options.model) {
    for (const Argument& argument : options.arguments.positional) args_.push_back(argument.value);
    for (const auto& [name, argument] : options.arguments.keyword) kwargs_.emplace_back(name, argument.value);
    // Before LibTorch is loaded for it. Not blocking: what is no file is refused by the evaluator.
    const int file = ::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) throw Error(ErrorKind::io, "module " + quote(file_) + " cannot be read: " + std::strerror(errno));
    ::close(file);
  }

  const std::string& file() const override { return file_; }

  plugins::Built build(python::Evaluator& evaluator) override {
    const auto module = evaluator.load_file(file_);
    const Value found = find(evaluator, module);
    plugins::Built built;
    built.module = found.try_as<Module>();
    if (built.module && args_.empty() && kwargs_.empty()) return built;
    if (built.module || !found.is_object())
      throw Error(ErrorKind::model, "model " + quote(name_) + " takes no arguments: it is " + article(found) +
                                        ", not a class or function");
    const Value made = construct(evaluator, found);
    built.module = made.try_as<Module>();
    const auto cls = found.try_as<python::PyClass>();
    if (!built.module && cls && cls->opaque_base)
      throw Error(ErrorKind::model, "class " + quote(name_) + " derives from " + quote(cls->opaque_base->import_name) +
                                        ", but " + cls->opaque_base->why);
    if (!built.module)
      throw Error(ErrorKind::model, "model " + quote(name_) + " made " + article(made) + ", not a torch.nn.Module");
    return built;
  }

 private:
  /// What the class or function makes of the arguments. If one is missing, the error says how to give it.
  Value construct(python::Evaluator& evaluator, const Value& found) {
    try {
      return evaluator.call(found, args_, kwargs_);
    } catch (const Error& error) {
      const std::string& text = error.message();
      const bool of_the_call = text.starts_with("TypeError: ") && text.find('\n') == std::string::npos;
      if (!of_the_call || text.find("() missing ") == std::string::npos) throw;
      throw Error(error.kind(), text + "\n  help: give it with --args VALUE or --kwargs NAME VALUE");
    }
  }

  static std::string article(const Value& value) {
    const std::string type = value.type_name();
    return value.is_none() ? "None"
                           : (std::string("AEIOaeio").find(type[0]) != std::string::npos ? "an " : "a ") + type;
  }

  Value find(python::Evaluator& evaluator, const std::shared_ptr<python::PyModule>& module) {
    if (is_identifier(name_) && !evaluator.try_get_attribute(module, name_))
      fail_no_model(file_, name_, models_of(module));
    return evaluator.evaluate(module, std::make_shared<python::Source>("MODEL_NAME", name_));
  }

  /// The classes and functions that the file itself defines, in its order.
  static std::vector<std::string> models_of(const std::shared_ptr<python::PyModule>& module) {
    std::vector<std::string> names;
    for (const auto& [name, value] : module->globals) {
      const auto cls = value.try_as<python::PyClass>();
      const auto function = value.try_as<python::PyFunction>();
      if ((cls && cls->module == module) || (function && function->module == module)) names.push_back(name);
    }
    return names;
  }

  std::string file_;
  std::string name_;
  Args args_;
  Kwargs kwargs_;
};

}  // namespace

const plugins::ModelInfo& find_model(const plugins::Plugin& plugin, const std::string& name) {
  std::vector<std::string> names;
  for (const plugins::ModelInfo& model : plugin.models()) {
    if (model.name == name) return model;
    names.push_back(model.name);
  }
  fail_no_model(plugin.path(), name, names);
}

std::shared_ptr<plugins::Plugin> load_plugin(const std::string& path, BackendLoader& backend) {
  const bool native = plugins::read_plugin_note(path).native;
  return plugins::load_plugin(path, native ? backend.get().version().libtorch : "");
}

std::unique_ptr<ModelSource> open_model(const CompileOptions& options, BackendLoader& backend, MessageSink& messages) {
  if (options.module.ends_with(".py")) {
    warn_of_constants(options.arguments, messages);
    return std::make_unique<PythonModel>(options);
  }
  return std::make_unique<PluginModel>(load_plugin(plugins::find_plugin(options.module), backend), options);
}

}  // namespace scriptc::cli
