#include "plugins/session.h"

#include <algorithm>
#include <utility>

#include "plugins/builder.h"
#include "scriptc/model/text.h"

namespace scriptc::plugins {
namespace {

Error plugin_error(const std::string& text) { return Error(ErrorKind::plugin, text); }

ParameterInfo read_parameter(const scriptc_parameter& parameter, const std::string& model, const Session& session) {
  if (!parameter.name || !*parameter.name || !parameter.type)
    throw plugin_error("model " + quote(model) + " has a parameter without name: write \"name\"_a");
  const std::string subject = "parameter " + quote(parameter.name) + " of model " + quote(model);
  const std::optional<ParameterType> type = try_parse_type(parameter.type);
  if (!type) throw plugin_error(subject + " has the unknown type " + quote(parameter.type));
  ParameterInfo info{parameter.name, *type, std::nullopt};
  if (parameter.default_value == 0) return info;
  const Value& given = session.at(parameter.default_value);
  info.default_value = try_convert(given, *type);
  if (!info.default_value)
    throw plugin_error(subject + " is " + to_string(*type) + ", but its default is " + repr(given));
  return info;
}

void check_parameters(const ModelInfo& model) {
  for (std::size_t i = 0; i < model.parameters.size(); ++i) {
    const ParameterInfo& parameter = model.parameters[i];
    const std::string subject = "parameter " + quote(parameter.name) + " of model " + quote(model.name);
    for (std::size_t j = 0; j < i; ++j)
      if (model.parameters[j].name == parameter.name) throw plugin_error(subject + " is there twice");
    if (i > 0 && !parameter.default_value && model.parameters[i - 1].default_value)
      throw plugin_error(subject + " has no default, but follows one that has");
  }
}

}  // namespace

std::string base_name(const char* file) {
  const std::string path = file ? file : "";
  return path.substr(path.rfind('/') + 1);
}

std::string to_string(const scriptc_place& place) {
  return escape(base_name(place.file)) + ":" + std::to_string(place.line);
}

std::size_t Registration::add_model(const scriptc_model& model, const Session& session) {
  const std::string place = to_string(model.place) + ": ";
  try {
    if (!model.name || !*model.name) throw plugin_error("a model has no name");
    if (!model.build) throw plugin_error("model " + quote(model.name) + " has no builder");
    RegisteredModel registered{{model.name, "", {}, {}, false}, model.build, model.builder};
    for (const RegisteredModel& other : models)
      if (other.info.name == model.name) throw plugin_error("model " + quote(model.name) + " is already registered");
    for (std::uint32_t i = 0; i < model.parameter_count; ++i)
      registered.info.parameters.push_back(read_parameter(model.parameters[i], model.name, session));
    check_parameters(registered.info);
    models.push_back(std::move(registered));
  } catch (const Error& error) {
    throw plugin_error(place + error.message());
  }
  return models.size();
}

RegisteredModel& Registration::model(scriptc_handle handle) {
  if (handle == 0 || handle > models.size()) throw plugin_error("a call names a model that is not registered");
  return models[handle - 1];
}

Registration& Session::registration() const {
  if (!registration_) throw plugin_error("models and functions can be added in SCRIPTC_PLUGIN only, not in a builder");
  return *registration_;
}

Builder& Session::builder() const {
  if (!builder_) throw plugin_error("modules can be made in a builder only, not in SCRIPTC_PLUGIN");
  return *builder_;
}

scriptc_handle Session::keep(Value value) {
  values_.push_back(std::move(value));
  return values_.size();
}

const Value& Session::at(scriptc_handle handle) const {
  if (handle == 0 || handle > values_.size())
    throw plugin_error("a call was given a value of another build: values must not outlive their builder");
  return values_[handle - 1];
}

std::vector<Value> Session::at(const scriptc_handle* handles, std::uint64_t count) const {
  std::vector<Value> values;
  for (std::uint64_t i = 0; i < count; ++i) values.push_back(at(handles[i]));
  return values;
}

void Session::capture() {
  error_ = std::current_exception();
  try {
    throw;
  } catch (const std::exception& error) {
    error_text_ = error.what();
  } catch (...) {
    error_text_ = "unknown error";
  }
}

void Session::fail(std::string text) {
  error_ = nullptr;
  error_text_ = std::move(text);
}

}  // namespace scriptc::plugins
