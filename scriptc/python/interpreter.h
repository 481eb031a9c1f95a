#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>
#include <vector>

#include "scriptc/python/ast_scope.h"
#include "scriptc/python/evaluator.h"
#include "scriptc/python/runtime.h"

namespace scriptc::python {

class Generator;

/// One activation of a function, class body, module or comprehension.
struct Frame {
  const PyFunction* function = nullptr;
  std::shared_ptr<PyModule> module;
  std::shared_ptr<Scope> scope;              ///< variables; at module level null
  OrderedMap<Value>* class_names = nullptr;  ///< inside a class body: where names go
  OrderedMap<ExprPtr>* class_annotations = nullptr;
  std::vector<std::weak_ptr<PyFunction>>* class_functions = nullptr;  ///< they learn their owner when the class exists
  const FunctionInfo* info = nullptr;                                 ///< null outside functions
  bool in_comprehension = false;
  std::shared_ptr<Scope> outer;  ///< in a comprehension: where `:=` binds; null: globals
  std::string name;              ///< `LeNet.__init__`, `<module>`
  std::string class_name;        ///< of the class whose body this is lexically in: private names
  std::shared_ptr<PyClass> owner;
  const Span* at = nullptr;  ///< what is being evaluated
  Frame* back = nullptr;
  Value returned;
  Value first_argument;  ///< for `super()`
  bool has_first_argument = false;
  int import_guards = 0;  ///< inside so many `try` that handle ImportError
  Generator* generator = nullptr;
  SourcePtr source;  ///< of the code, where that is not the module's (a plugin's methods)
};

/// What `class` makes a class of.
struct ClassParts {
  std::string name;
  std::vector<PyClassPtr> bases;
  OrderedMap<Value> dict;
  OrderedMap<ExprPtr> annotations;
  Kwargs keywords;
  PyClassPtr metaclass;
  std::shared_ptr<const ClassDef> def;
  std::shared_ptr<PyModule> module;
  std::shared_ptr<Scope> closure;
  std::shared_ptr<Opaque> opaque_base;
  std::string qualified_name;
};

enum class Flow { normal, broken, continued, returned };

/// The classes of Python's builtins.
struct BuiltinTypes {
  PyClassPtr object, type, none, boolean, integer, floating, complex, string, bytes, list, tuple, dict, set, frozenset,
      range, slice, function, builtin, method, module, property, static_method, class_method, super, generator,
      ellipsis, not_implemented, base_exception, exception, tensor, parameter, nn_module, iterator, dict_keys,
      dict_values, dict_items, opaque, type_form, partial, operator_ref;
};

/// The evaluator. Its member functions are spread over interpreter_*.cpp, calls.cpp, classes.cpp, attributes.cpp,
/// operators.cpp, exceptions.cpp and imports.cpp; the embedded library is in builtins_*.cpp and modules_*.cpp.
class Interpreter {
 public:
  explicit Interpreter(EvaluatorOptions options);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  EvaluatorOptions options;
  BuiltinTypes types;
  Frame* frame = nullptr;  ///< the innermost one
  Value ellipsis, not_implemented;
  Value object_new, object_init;
  std::optional<ClassParts> pending_class;  ///< while a metaclass's `__new__` runs: what type.__new__ cannot know
  std::shared_ptr<PyModule> builtins;

  // --- running code
  void run(const std::shared_ptr<PyModule>& module, const SourcePtr& source);
  Value eval(Frame& f, const ExprPtr& expr);
  Flow exec(Frame& f, const StmtList& body);
  /// A text of an expression, in a module's globals.
  Value eval_expression(const std::shared_ptr<PyModule>& module, const SourcePtr& text);
  /// `eval(text)` where `f` is; `names`, if there are any, instead of its variables.
  Value eval_text(const Frame& f, const std::string& text, const std::optional<OrderedMap<Value>>& names);
  Value eval_in(const PyFunction& function, const ExprPtr& expr, const OrderedMap<Value>& locals);
  void step();
  /// Accounts for memory before it is taken. Throws Error(cap).
  void charge(std::size_t bytes);
  void check_stack() const;
  /// Error(cap) with the calls that led here.
  [[noreturn]] void over_limit(const std::string& sentence, const char* flag) const;

  // --- exceptions
  [[noreturn]] void raise(std::string_view type, const std::string& text, const std::string& help = "");
  [[noreturn]] void raise_value(const Value& exception);
  Value make_exception(std::string_view type, const std::string& text);
  PyClassPtr exception_class(std::string_view name);
  /// An Error(model) of the layers below, as the Python exception it stands for.
  Raised to_python(const Error& error);
  /// An exception that nobody handled, as the Error that leaves this layer.
  Error to_error(const Raised& raised);
  TraceLine trace_line(const Frame& f) const;
  bool matches(const Value& exception, const Value& type);
  [[noreturn]] void needs_values(const std::string& what);
  [[noreturn]] void opaque_used(const Opaque& opaque);

  // --- names
  std::optional<Value> find_name(Frame& f, const std::string& name);
  Value load_name(Frame& f, const std::string& name);
  void store_name(Frame& f, const std::string& name, const Value& value);
  void delete_name(Frame& f, const std::string& name);
  /// A lazily imported value, fetched and kept in its place.
  const Value& force(Value& slot);
  /// `__x` inside class C is `_C__x`.
  static std::string private_name(const Frame& f, const std::string& name);
  std::optional<Value> resolve(const PyFunction& function, const std::string& name);

  // --- calls
  Value call(const Value& callable, const Args& args, const Kwargs& kwargs = {});
  /// No native lets a std::exception out: Error(internal) with its name.
  Value call_native(const NativeFunction& fn, const Args& args, const Kwargs& kwargs);
  Value call_function(const std::shared_ptr<PyFunction>& function, const Args& args, const Kwargs& kwargs);
  void bind_arguments(const PyFunction& function, const Args& args, const Kwargs& kwargs, Scope& scope);
  Value call_method(const Value& object, std::string_view name, const Args& args = {}, const Kwargs& kwargs = {});
  /// Calls the method of the object's *type*, as operators do; nullopt if there is none.
  std::optional<Value> call_special(const Value& object, std::string_view name, const Args& args = {});
  std::optional<Value> call_special_with(const Value& object, std::string_view name, const Args& args,
                                         const Kwargs& kwargs);
  Value run_body(Frame& f, const PyFunction& function);
  /// Runs the code of `f`: what it raises learns the line, and errors of the layers below become Python's.
  void with_trace(const Frame& f, const std::function<void()>& body);
  const FunctionInfo& info_of(const PyFunction& function);
  std::shared_ptr<PyFunction> make_function(Frame& f, std::shared_ptr<const FunctionDef> def,
                                            std::shared_ptr<const Lambda> lambda);

  // --- classes and attributes
  PyClassPtr type_of(const Value& value);
  bool is_instance(const Value& value, const Value& cls);
  bool is_subclass(const PyClass& cls, const Value& of);
  PyClassPtr make_class(ClassParts parts);
  /// The class that a base stands for: `List[int]` is list, `Generic[T]` is Generic. Null: none.
  PyClassPtr class_of_form(const Value& form);
  void compute_order(PyClass& cls);
  Value annotation_value(const PyClass& cls, const ExprPtr& annotation);
  /// type.__call__: `__new__`, then `__init__`.
  Value construct(const PyClassPtr& cls, const Args& args, const Kwargs& kwargs);
  Value instantiate(const PyClassPtr& cls, const Args& args, const Kwargs& kwargs);
  /// object.__new__: an empty instance of the right layout.
  Value allocate(const PyClassPtr& cls);
  std::optional<Value> find_attribute(const Value& object, const std::string& name);
  /// The generic lookup, without `__getattr__`.
  std::optional<Value> find_plain_attribute(const Value& object, const std::string& name);
  Value get_attribute(const Value& object, const std::string& name);
  bool has_attribute(const Value& object, const std::string& name);
  void set_attribute(const Value& object, const std::string& name, const Value& value);
  /// object.__setattr__, without the user's own.
  void set_plain_attribute(const Value& object, const std::string& name, const Value& value);
  void delete_attribute(const Value& object, const std::string& name);
  /// The same without the class's own `__delattr__`.
  void delete_plain_attribute(const Value& object, const std::string& name);
  std::vector<std::string> attribute_names(const Value& object);
  std::optional<Value> find_class_attribute(const PyClassPtr& cls, const std::string& name);
  std::optional<Value> find_function_attribute(PyFunction& fn, const std::string& name);
  std::optional<Value> find_super_attribute(const SuperObject& super, const std::string& name);
  [[noreturn]] void no_attribute(const Value& object, const std::string& name);
  Value bind(const Value& attribute, const Value& self, const PyClassPtr& cls);
  OrderedMap<Value>* attributes_of(const Value& object);
  Value make_super(Frame& f);

  // --- protocols
  bool truth(const Value& value);
  std::string str(const Value& value);
  /// The characters of a str, also of one of a subclass that prints otherwise; `str(value)` of anything else.
  std::string text(const Value& value) { return plain(value).is_string() ? plain(value).as_string() : str(value); }
  std::string repr(const Value& value);
  std::string format(const Value& value, const std::string& spec);
  std::int64_t length(const Value& value);
  IteratorPtr iterate(const Value& value);
  /// Null if the value cannot be iterated.
  IteratorPtr find_iterable(const Value& value);
  std::vector<Value> to_vector(const Value& value);
  bool equals(const Value& a, const Value& b);
  bool compare(CompareOperator op, const Value& a, const Value& b);
  Value compare_value(CompareOperator op, const Value& a, const Value& b);
  bool contains(const Value& container, const Value& item);
  Value binary(BinaryOperator op, const Value& a, const Value& b);
  Value inplace(BinaryOperator op, const Value& a, const Value& b);
  Value unary(UnaryOperator op, const Value& a);
  Value get_item(const Value& object, const Value& key);
  void set_item(const Value& object, const Value& key, const Value& value);
  void delete_item(const Value& object, const Value& key);
  std::int64_t index(const Value& value);
  double to_double(const Value& value);
  /// An int, float or str instance of a subclass as the plain value it carries.
  const Value& plain(const Value& value) const;

  // --- construction helpers
  Value native(std::string qualified, NativeFunction::Body body);
  PyClassPtr native_class(const std::string& name, const std::vector<PyClassPtr>& bases, const std::string& module,
                          Layout layout = Layout::plain);
  void method(const PyClassPtr& cls, const std::string& name, NativeFunction::Body body);
  void property(const PyClassPtr& cls, const std::string& name, std::function<Value(const Value&)> getter);
  std::shared_ptr<PyModule> native_module(const std::string& name);
  void function(PyModule& module, const std::string& name, NativeFunction::Body body);
  Value make_iterator(std::string name, NativeIterator::Step step);

  // --- imports
  std::shared_ptr<PyModule> import_module(const std::string& dotted);
  std::shared_ptr<PyModule> find_module(const std::string& dotted);
  std::shared_ptr<PyModule> load_file(const std::string& path);
  void ensure_run(PyModule& module);
  std::optional<Value> module_attribute(PyModule& module, const std::string& name);
  Value make_opaque(const std::string& import_name, const std::string& why);
  /// `module.name` for `from module import name`; an opaque value for what the embedded torch lacks.
  Value member(Frame& f, PyModule& module, const std::string& name);
  Value import_member(Frame& f, const std::shared_ptr<PyModule>& module, const std::string& name);
  std::shared_ptr<PyModule> find_submodule(PyModule& module, const std::string& name);
  void import_all(Frame& f, PyModule& module);
  std::shared_ptr<PyModule> find_relative(Frame& f, const std::string& module, int level);
  std::shared_ptr<PyModule> find_in_folder(const std::string& folder, const std::string& name,
                                           const std::string& dotted);
  std::shared_ptr<PyModule> package_at(const std::string& folder, const std::string& name);
  std::shared_ptr<PyModule> add_file_module(const std::string& dotted, const std::string& file,
                                            const std::string& folder, bool is_package);
  std::string not_found(const Frame& f, const std::string& dotted) const;
  void exec_import(Frame& f, const Import& node);
  void exec_import_from(Frame& f, const ImportFrom& node);
  std::string where(const Frame& f) const;

  // --- torch
  Backend& backend();
  Value call_operator(const std::string& name, Args args, Kwargs kwargs);
  std::optional<Value> tensor_attribute(const TensorPtr& tensor, const std::string& name);
  bool set_tensor_attribute(const TensorPtr& tensor, const std::string& name, const Value& value);
  std::optional<Value> nn_module_attribute(const ModulePtr& module, const std::string& name);
  bool set_nn_module_attribute(const ModulePtr& module, const std::string& name, const Value& value);
  bool delete_nn_module_attribute(Module& module, const std::string& name);
  Value tensor_item(const Value& tensor, const Value& key);
  void set_tensor_item(const Value& tensor, const Value& key, const Value& value);
  std::string repr_tensor(const TensorPtr& tensor);

  /// Native modules by dotted name, made when first imported.
  std::unordered_map<std::string, std::function<void(PyModule&)>> native_modules;
  std::unordered_map<std::string, std::shared_ptr<PyModule>> modules;
  std::unordered_map<std::string, std::shared_ptr<PyModule>> modules_by_file;
  std::vector<std::string> roots;  ///< folders of absolute imports, first wins
  std::vector<const PyModule*> running_modules;
  std::unordered_map<std::type_index, PyClassPtr> object_types;
  /// Run on every new class below the key: Enum, NamedTuple, TypedDict.
  std::vector<std::pair<PyClassPtr, std::function<void(const PyClassPtr&)>>> class_hooks;
  std::vector<std::shared_ptr<PyModule>> made_modules;  ///< of plugins: their rings are broken at the end too
  std::vector<PyClassPtr> keep_alive;                   ///< native classes
  std::vector<std::weak_ptr<PyClass>> classes;          ///< all, to break cycles at the end
  std::vector<std::weak_ptr<Scope>> scopes;
  std::vector<Raised> handling;  ///< exceptions whose handlers run, innermost last
  std::unordered_map<std::string, Value> devices;
  PyClassPtr constant_classes[4];  ///< of TorchConstant, by kind
  Value torch_size;                ///< the class torch.Size
  DType default_dtype = DType::float32;
  bool gradients = true;

 private:
  friend class ComprehensionRun;
  Value eval_call(Frame& f, const Call& node);
  Value eval_comprehension(Frame& f, const ExprPtr& expr);
  Value eval_compare(Frame& f, const Compare& node);
  Value eval_joined(Frame& f, const JoinedStr& node);
  Value eval_constant(const Constant& node);
  Value eval_dict(Frame& f, const DictExpr& node);
  Value eval_bool(Frame& f, const BoolOp& node);
  void eval_arguments(Frame& f, const Call& node, Args& args, Kwargs& kwargs);
  std::vector<Value> eval_elements(Frame& f, const ExprList& elts);
  Value eval_formatted(Frame& f, const FormattedValue& node);
  Value eval_yield(Frame& f, const Expr& expr);

  Flow exec_one(Frame& f, const StmtPtr& stmt);
  Flow exec_for(Frame& f, const For& node);
  Flow exec_while(Frame& f, const While& node);
  Flow exec_with(Frame& f, const With& node, std::size_t item);
  Flow exec_try(Frame& f, const Try& node);
  Flow exec_protected(Frame& f, const Try& node);
  Flow exec_match(Frame& f, const Match& node);
  void exec_assign(Frame& f, const Expr& target, const Value& value);
  void exec_unpack(Frame& f, const ExprList& targets, const Value& value);
  void exec_augmented(Frame& f, const AugAssign& node);
  void exec_annotated(Frame& f, const AnnAssign& node);
  void exec_delete(Frame& f, const Expr& target);
  void exec_function(Frame& f, const std::shared_ptr<const FunctionDef>& node);
  void exec_class(Frame& f, const std::shared_ptr<const ClassDef>& node);
  Value build_class(Frame& f, const std::shared_ptr<const ClassDef>& node, const std::vector<Value>& bases,
                    const Kwargs& keywords, PyClassPtr metaclass);
  void exec_raise(Frame& f, const Raise& node);
  void exec_assert(Frame& f, const Assert& node);
  bool match_pattern(Frame& f, const Pattern& pattern, const Value& subject);
  bool match_sequence(Frame& f, const MatchSequence& node, const Value& subject);
  bool match_class(Frame& f, const MatchClass& node, const Value& subject);
  bool match_mapping(Frame& f, const MatchMapping& node, const Value& subject);
  Value decorate(Frame& f, const ExprList& decorators, const std::vector<Value>& values, Value value);
  void find_native_stack();

  std::unordered_map<const void*, FunctionInfo> infos_;
  std::vector<std::shared_ptr<const void>> parsed_;  // keeps syntax trees alive that infos_ points to
  std::int64_t steps_ = 0;
  std::int64_t memory_ = 0;
  int depth_ = 0;
  const char* stack_limit_ = nullptr;
  Backend* backend_ = nullptr;
  friend class Generator;
  friend struct DepthGuard;
};

/// Makes `f` the innermost frame for as long as it lives.
struct FrameGuard {
  FrameGuard(Interpreter& i, Frame& f) : interpreter(i), outer(i.frame) {
    f.back = outer;
    interpreter.frame = &f;
  }
  // What was the innermost frame then: a generator may be abandoned under another one.
  ~FrameGuard() { interpreter.frame = outer; }
  FrameGuard(const FrameGuard&) = delete;
  FrameGuard& operator=(const FrameGuard&) = delete;
  Interpreter& interpreter;
  Frame* outer;
};

// The embedded library, one function a file.
void install_object_types(Interpreter& in);
void install_exceptions(Interpreter& in);
void install_numbers(Interpreter& in);
void install_strings(Interpreter& in);
void install_lists(Interpreter& in);
void install_dicts(Interpreter& in);
void install_sets(Interpreter& in);
void install_builtin_functions(Interpreter& in);
void install_nn_module(Interpreter& in);
void install_tensor_class(Interpreter& in);
void install_torch(Interpreter& in);
void install_typing(Interpreter& in);
void install_library(Interpreter& in);
void install_math(Interpreter& in);
void install_small_modules(Interpreter& in);
void install_embedded_files(Interpreter& in);

}  // namespace scriptc::python
