#pragma once

#include <string>

#include "eval_fixture.h"
#include "residual_text.h"
#include "scriptc/model/text.h"
#include "scriptc/python/residual.h"

namespace scriptc::python {

/// A model and the residuals of its methods.
class SpecialiseTest : public EvalTest {
 protected:
  /// A child that holds its parent is a cycle, which Python would collect: cut, or it counts as a leak.
  void TearDown() override {
    specialiser_.reset();
    std::vector<ModulePtr> tree;
    if (root) for_each_module(root, [&](const std::string&, const ModulePtr& part) { tree.push_back(part); });
    for (const ModulePtr& part : tree) part->attributes.clear();
  }

  /// Runs `text` and makes `expression` of it the root.
  void define(const std::string& text, const std::string& expression = "Net()") {
    run(dedent(text));
    root = value_of(expression).try_as<Module>();
    evaluator.call(evaluator.get_attribute(Value(root), "eval"), {});
  }

  /// `define` with a class Net: `init` is the body of its constructor, `forward` the parameters of forward, its body
  /// indented by four, and further methods.
  void net(const std::string& init, const std::string& forward) {
    define("class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n" + indented(init) +
           "    def forward(" + after_first_line(forward));
  }

  std::shared_ptr<PyFunction> function_of(const ModulePtr& module_, const std::string& method) {
    return evaluator.get_attribute(Value(module_), method).try_as<BoundMethod>()->function.try_as<PyFunction>();
  }

  Specialiser& specialiser() {
    if (!specialiser_) {
      MutableAttributes assigned = find_assigned(evaluator, root);
      for (const std::string& name : preserved) assigned.attributes.emplace(root.get(), name);
      specialiser_ = std::make_unique<Specialiser>(evaluator, root, std::move(assigned));
    }
    return *specialiser_;
  }

  /// The residual of a method of the root, and of the functions made for it, as text.
  std::string residual(const std::string& method = "forward") {
    const auto made = specialiser().specialise_method(function_of(root, method), root);
    return testing::text_of(made->def->body);
  }

  /// A function that a residual calls: the first value in it of that name.
  std::string called(const std::string& name) {
    const auto made = specialiser().specialise_method(function_of(root, "forward"), root);
    const auto found = testing::find_function(made->def->body, name);
    return found ? testing::signature_of(*found) + ":\n" + testing::text_of(found->def->body, 1) : "nothing";
  }

  bool unchanged(const std::string& method = "forward") {
    const auto original = function_of(root, method);
    return specialiser().specialise_method(original, root) == original;
  }

  ModulePtr root;
  std::vector<std::string> preserved;

 private:
  static std::string indented(const std::string& lines) {
    std::string text;
    const std::string flat = dedent(lines.empty() ? "pass" : lines);
    for (std::size_t from = 0; from < flat.size();) {
      const std::size_t end = std::min(flat.find('\n', from), flat.size());
      if (end > from) text += "        " + flat.substr(from, end - from) + "\n";
      from = end + 1;
    }
    return text;
  }
  static std::string after_first_line(const std::string& forward) {
    const std::size_t end = forward.find('\n');
    std::string text = forward.substr(0, end) + "):\n";
    for (std::size_t from = end + 1; from < forward.size();) {
      const std::size_t stop = std::min(forward.find('\n', from), forward.size());
      if (stop > from) text += "    " + forward.substr(from, stop - from) + "\n";
      from = stop + 1;
    }
    return text;
  }

  std::unique_ptr<Specialiser> specialiser_;
};

}  // namespace scriptc::python
