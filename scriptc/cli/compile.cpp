#include "scriptc/cli/compile.h"

#include <unistd.h>

#include <memory>

#include "scriptc/cli/backend_loader.h"
#include "scriptc/cli/model_source.h"
#include "scriptc/cli/output_file.h"
#include "scriptc/cli/progress.h"
#include "scriptc/cli/report.h"
#include "scriptc/cli/tree_tensors.h"
#include "scriptc/model/error.h"
#include "scriptc/model/text.h"
#include "scriptc/python/evaluator.h"
#include "weights/sha256.h"

namespace scriptc::cli {
namespace {

/// One run of `compile`: the stages in order, and what they hand on.
class Compilation {
 public:
  Compilation(const CompileOptions& options, Console& console)
      : options_(options),
        console_(console),
        backend_(options.threads, options.debug),
        progress_(console, options.quiet ? Progress::Show::nothing : Progress::Show::stages, stages()),
        output_(options.output, "output") {
    if (options.report) report_.emplace(*options.report, "report");
    if (report_ && report_->same_target(output_))
      throw Error(ErrorKind::usage, "report and output are one file, " + quote(options.output));
  }

  CompileResult run() {
    source_ = open_model(options_, backend_, console_);
    result_.module_file = source_->file();
    result_.output = options_.output;
    keep_inputs(output_);
    if (report_) keep_inputs(*report_);
    // What cannot be opened is refused by its reader before LibTorch is loaded for nothing.
    if (options_.weights && ::access(options_.weights->c_str(), R_OK) != 0) read_weights();
    // LibTorch loads while the model is built and the weights are read and checked.
    backend_.start();
    build_tree();
    try {
      script();
      save();
    } catch (const Error&) {
      // The better reasons.
      check_weights_unchanged();
      if (job_) job_->await_reference();
      throw;
    }
    finish();
    return std::move(result_);
  }

 private:
  int stages() const {
    const int always = 4;  // build, load, script, save
    return always + (options_.weights ? 1 : 0) + (options_.verify ? 2 : 0) + (options_.script.freeze ? 1 : 0);
  }

  /// The file that `output` replaces must not be one that is read.
  void keep_inputs(const OutputFile& output) const {
    const std::string subject = output.what() + " " + quote(output.path());
    if (output.replaces(source_->file())) throw Error(ErrorKind::usage, subject + " is the module itself");
    if (options_.weights && output.replaces(*options_.weights))
      throw Error(ErrorKind::usage, subject + " is the weights file itself");
  }

  void build_tree() {
    if (!options_.weights) return build(python::TensorMode::eager);
    try {
      build(python::TensorMode::meta);
    } catch (const python::NeedsValues&) {
      build(python::TensorMode::eager);
    }
    if (!checkpoint_.source) read_weights();
    load_weights();
    if (has_meta_tensor(built_.module)) build_with_values();
  }

  void build_with_values() {
    build(python::TensorMode::eager);
    load_weights();
  }

  void build(python::TensorMode mode) {
    progress_.begin("build", "building " + quote(options_.model));
    python::EvaluatorOptions world;
    world.path = options_.path;
    world.limits = options_.limits;
    world.mode = mode;
    seeded_ = false;
    world.backend = [this]() -> Backend& { return seeded_backend(); };
    world.messages = &console_;
    // Values of the former world may outlive it; nothing of it is called any more.
    built_ = {};
    evaluator_ = std::make_unique<python::Evaluator>(std::move(world));
    // A native builder draws its random numbers without asking us for the back end.
    if (backend_.loaded()) seeded_backend();
    built_ = source_->build(*evaluator_);
    if (built_.native) built_.module = load_backend().mirror(*built_.native);
  }

  void read_weights() {
    progress_.begin("read weights", "reading " + quote(*options_.weights));
    weights::ReadOptions reading = options_.reading;
    reading.messages = &console_;
    checkpoint_ = weights::read_checkpoint(*options_.weights, reading);
    result_.weights.emplace();
    result_.weights->path = *options_.weights;
    result_.weights->format = checkpoint_.format;
    result_.weights->bytes = checkpoint_.bytes;
  }

  /// For a builder that must wait for LibTorch: reading ResNet-50's weights takes 25 ms.
  void read_weights_meanwhile() {
    if (!options_.weights || checkpoint_.source) return;
    try {
      read_weights();
    } catch (const Error&) {
      // They are read again, and refused, when it is their turn: code of the builder could catch it here.
    }
    progress_.resume("build");
  }

  void load_weights() {
    result_.weights->result = weights::load_state_dict(built_.module, checkpoint_, options_.strict, &console_);
  }

  /// The back end for a builder, its generator seeded before the first use.
  Backend& seeded_backend() {
    if (!backend_.loaded()) read_weights_meanwhile();
    Backend& backend = backend_.get();
    if (!seeded_) backend.manual_seed(options_.seed);
    seeded_ = true;
    return backend;
  }

  Backend& load_backend() {
    if (!backend_.loaded()) progress_.begin("load LibTorch", "loading LibTorch");
    Backend& backend = backend_.get();
    result_.libtorch = backend.version().libtorch;
    return backend;
  }

  void script() {
    Backend& backend = load_backend();
    progress_.begin("script", "compiling to TorchScript");
    VerifyOptions verification = options_.verification;
    if (verification.inputs.empty()) verification.inputs = declared_inputs();
    for (const InputSpec& input : verification.inputs) result_.inputs.push_back(to_string(input));
    ScriptOptions scripting = options_.script;
    scripting.inputs = verification.inputs;
    const auto begin = [&] {
      job_ = built_.native ? backend.begin_native(*built_.native, built_.module)
                           : backend.begin(built_.module, *evaluator_);
      job_->script(scripting);
    };
    try {
      begin();
    } catch (const python::NeedsValues&) {
      // The code uses a tensor that no checkpoint holds: of a module file, or a plain attribute.
      job_.reset();
      build_with_values();
      begin();
    }
    for (const auto& [name, value] : job_->fixed_parameters())
      console_.warning("forward's parameter " + quote(name) + " is fixed, " + name + "=" + value +
                       ": the model cannot be compiled with it open\n  help: give it an --input to keep it");
    if (options_.print_code) console_.print(job_->code());
    if (options_.verify) {
      // Without a reference `verify` compares in structure, and the summary says so.
      const bool can_run = !verification.inputs.empty();
      progress_.begin("run reference", can_run ? "running the model" : "no example inputs: nothing to run");
      if (can_run) job_->record_reference(verification);
    }
    if (options_.script.freeze) {
      progress_.begin("freeze", "freezing");
      job_->freeze();
    }
    // Not every model that TorchScript takes can run on mobile.
    if (options_.print_operators || options_.format == Format::lite) result_.operators = job_->operators();
  }

  /// What the plugin says of its inputs. A mistake there is not one of the command line.
  std::vector<InputSpec> declared_inputs() const {
    std::vector<InputSpec> inputs;
    try {
      for (const std::string& text : built_.inputs) inputs.push_back(parse_input_spec(text));
      named_dimensions(inputs);
    } catch (const Error& refused) {
      throw Error(ErrorKind::plugin, "model " + quote(options_.model) + " declares a bad input: " + refused.message());
    }
    return inputs;
  }

  void save() {
    progress_.begin("save", "saving");
    output_.create();
    job_->save(options_.format, output_);
    if (report_ && result_.weights)
      result_.weights->sha256 = weights::to_hex(weights::sha256(checkpoint_.source->bytes()));
    check_weights_unchanged();
    result_.size = output_.size();
    if (options_.verify) verify();
    if (options_.print_operators) console_.print(join(*result_.operators, "\n") + "\n");
  }

  void verify() {
    // Freezing and saving have overlapped with it: the time of this stage is what was left of it.
    progress_.resume("run reference");
    job_->await_reference();
    // The module tree is not needed any more; the reference outputs are kept by the job.
    built_ = {};
    checkpoint_ = {};
    progress_.begin("verify", "reloading and comparing");
    result_.verification = job_->verify(output_.temporary_path(), options_.format);
    result_.archive = job_->summary();
  }

  /// The tensors are views into the mapped file until they have been saved.
  void check_weights_unchanged() const {
    if (checkpoint_.source) checkpoint_.source->check_unchanged();
  }

  void finish() {
    progress_.end();
    result_.seconds = progress_.seconds();
    if (report_) {
      const std::string text = report_json(options_, result_, output_.temporary_path());
      report_->create();
      report_->write(text.data(), text.size());
      output_.commit_with(*report_);
    } else {
      output_.commit();
    }
  }

  const CompileOptions& options_;
  Console& console_;
  BackendLoader backend_;
  bool seeded_ = false;
  Progress progress_;
  OutputFile output_;
  std::optional<OutputFile> report_;
  std::unique_ptr<ModelSource> source_;
  std::unique_ptr<python::Evaluator> evaluator_;
  plugins::Built built_;
  weights::Checkpoint checkpoint_;
  std::unique_ptr<Job> job_;
  CompileResult result_;
};

}  // namespace

CompileResult compile(const CompileOptions& options, Console& console) { return Compilation(options, console).run(); }

}  // namespace scriptc::cli
