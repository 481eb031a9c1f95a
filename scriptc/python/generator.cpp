#include "scriptc/python/generator.h"

#include "scriptc/python/coroutine.h"

namespace scriptc::python {
namespace {

/// Unwinds a body that nobody will resume. No handler of the evaluator catches it.
struct Abandoned {};

}  // namespace

Generator::Generator(Interpreter& in, Frame f, std::shared_ptr<PyFunction> function)
    : in_(in), frame_(std::move(f)), function_(std::move(function)) {
  frame_.generator = this;
  coroutine_ = std::make_unique<Coroutine>([this] { body(); });
}

Generator::~Generator() {
  if (!coroutine_->started() || coroutine_->finished()) return;
  closing_ = true;
  Frame* const innermost = in_.frame;
  const char* const limit = in_.stack_limit_;
  const int depth = in_.depth_;
  in_.stack_limit_ = coroutine_->stack_limit();
  coroutine_->resume();
  in_.stack_limit_ = limit;
  in_.depth_ = depth;
  in_.frame = innermost;
}

void Generator::body() {
  try {
    result_ = in_.run_body(frame_, *function_);
  } catch (const Abandoned&) {
  } catch (...) {
    failure_ = std::current_exception();
  }
  done_ = true;
}

Value Generator::yield(const Value& value) {
  yielded_ = value;
  coroutine_->suspend();
  if (closing_) throw Abandoned{};
  if (thrown_) {
    Raised raised = std::move(*thrown_);
    thrown_.reset();
    throw raised;
  }
  return std::move(sent_);
}

bool Generator::resume(const Value& sent, std::optional<Raised> thrown, Value& out) {
  if (running_) in_.raise("ValueError", "generator already executing");
  if (done_) {
    if (thrown) throw std::move(*thrown);
    return false;
  }
  if (!coroutine_->started()) {
    if (thrown) {
      done_ = true;
      throw std::move(*thrown);
    }
    if (!sent.is_none()) in_.raise("TypeError", "can't send non-None value to a just-started generator");
  }
  sent_ = sent;
  thrown_ = std::move(thrown);
  in_.check_stack();
  Frame* const innermost = in_.frame;
  const char* const limit = in_.stack_limit_;
  const int depth = in_.depth_;
  const auto handling = std::move(in_.handling);
  in_.handling = std::move(handling_);
  const auto keep = shared_from_this();
  running_ = true;
  // The chain of frames runs on through the generator's own to whoever resumes it.
  if (coroutine_->started()) frame_.back = innermost;
  if (coroutine_->started()) in_.frame = suspended_ != nullptr ? suspended_ : &frame_;
  coroutine_->prepare();
  in_.stack_limit_ = coroutine_->stack_limit();
  coroutine_->resume();
  running_ = false;
  suspended_ = in_.frame;
  in_.frame = innermost;
  in_.stack_limit_ = limit;
  in_.depth_ = depth;
  handling_ = std::move(in_.handling);
  in_.handling = handling;
  if (!done_) {
    out = std::move(yielded_);
    return true;
  }
  if (failure_) {
    const std::exception_ptr failure = std::move(failure_);
    failure_ = nullptr;
    std::rethrow_exception(failure);
  }
  return false;
}

void Generator::close() {
  if (done_ || !coroutine_->started()) {
    done_ = true;
    return;
  }
  Value ignored;
  try {
    if (raise_inside(in_.make_exception("GeneratorExit", ""), ignored))
      in_.raise("RuntimeError", "generator ignored GeneratorExit");
  } catch (const Raised& raised) {
    const auto cls = in_.type_of(raised.exception);
    if (cls->name != "GeneratorExit" && cls->name != "StopIteration") throw;
  }
}

Value Interpreter::eval_yield(Frame& f, const Expr& expr) {
  if (f.generator == nullptr) raise("SyntaxError", "'yield' outside function");
  if (const auto* one = as<Yield>(&expr)) {
    const Value value = one->value ? eval(f, one->value) : Value();
    return f.generator->yield(value);
  }
  const Value source = eval(f, static_cast<const YieldFrom&>(expr).value);
  f.at = &expr.span;
  const IteratorPtr iterator = iterate(source);
  const auto inner = std::dynamic_pointer_cast<Generator>(iterator);
  Value item;
  bool more = iterator->next(item);
  while (more) {
    Value sent;
    std::optional<Raised> thrown;
    try {
      sent = f.generator->yield(item);
    } catch (Raised& raised) {
      if (!inner) throw;
      thrown = std::move(raised);
    }
    // Outside of the handler: the inner generator switches stacks.
    more = !inner   ? iterator->next(item)
           : thrown ? inner->raise_inside(thrown->exception, item)
                    : inner->send(sent, item);
  }
  return inner ? inner->result() : Value();
}

}  // namespace scriptc::python
