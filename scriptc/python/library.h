#pragma once

#include <string_view>

namespace scriptc::python {

class Interpreter;
class PyModule;

/// What numpy.random stands on, into `_scriptc`.
void install_random_state(Interpreter& in, PyModule& module);

/// Parts of Python's standard library that are shorter in Python: run by the evaluator when first imported.
struct LibraryFile {
  std::string_view module;
  std::string_view text;
  bool partial = false;  ///< names that it lacks are opaque
};

extern const LibraryFile kAutogradFunctionLibrary;
extern const LibraryFile kAutogradLibrary;
extern const LibraryFile kCheckpointLibrary;
extern const LibraryFile kArgparseLibrary;
extern const LibraryFile kBisectLibrary;
extern const LibraryFile kCollectionsLibrary;
extern const LibraryFile kFunctoolsLibrary;
extern const LibraryFile kItertoolsLibrary;
extern const LibraryFile kEnumLibrary;
extern const LibraryFile kFoldsLibrary;
extern const LibraryFile kDataclassesLibrary;
extern const LibraryFile kCopyLibrary;
extern const LibraryFile kContextlibLibrary;
extern const LibraryFile kHeapqLibrary;
extern const LibraryFile kInspectLibrary;
extern const LibraryFile kJsonLibrary;
extern const LibraryFile kKeywordLibrary;
extern const LibraryFile kPathlibLibrary;
extern const LibraryFile kMixinLibrary;
extern const LibraryFile kNumpyLibrary;
extern const LibraryFile kNumpyRandomLibrary;
extern const LibraryFile kNumpyTransformsLibrary;
extern const LibraryFile kOperatorLibrary;
extern const LibraryFile kReLibrary;
extern const LibraryFile kReParserLibrary;
extern const LibraryFile kTorchFunctionsLibrary;
extern const LibraryFile kTorchVersionLibrary;
extern const LibraryFile kVersionLibrary;
extern const LibraryFile kDistutilsVersionLibrary;
extern const LibraryFile kResourcesLibrary;

}  // namespace scriptc::python
