#include "fixture.h"

namespace scriptc::weights::test {
namespace {

class WrapperTest : public CheckpointTest {
 protected:
  static Code Inner(const std::string& name = "w") { return dict({{name, GoodTensor()}}); }
  static std::string Of(const Code& value) { return Saved(pickle(value)).bytes(); }
};

TEST_F(WrapperTest, UsualKeys) {
  for (const std::string key : {"state_dict", "model", "model_state_dict", "net", "params", "ema"}) {
    const Checkpoint read = Read(Of(dict({{"epoch", num(3)}, {key, Inner()}})));
    EXPECT_EQ(read.wrapper, key);
    EXPECT_EQ(Names(read), "w[2,2]");
  }
}

TEST_F(WrapperTest, AnyKeyIfItIsTheOnlyOne) {
  EXPECT_EQ(Read(Of(dict({{"odd", Inner()}, {"epoch", num(1)}}))).wrapper, "odd");
}

TEST_F(WrapperTest, UsualKeyBeforeOthersAndBesideTensors) {
  EXPECT_EQ(Read(Of(dict({{"odd", Inner()}, {"model", Inner()}}))).wrapper, "model");
  EXPECT_EQ(Read(Of(dict({{"state_dict", Inner()}, {"best", GoodTensor()}}))).wrapper, "state_dict");
}

TEST_F(WrapperTest, Nested) {
  EXPECT_EQ(Read(Of(dict({{"model", dict({{"state_dict", Inner()}})}}))).wrapper, "model.state_dict");
}

TEST_F(WrapperTest, ModelWithoutTensors) { EXPECT_EQ(Names(Read(Of(dict({})))), ""); }

TEST_F(WrapperTest, ExplicitKey) {
  const std::string file = Of(dict({{"a", dict({{"b.c", Inner("x")}, {"d", Inner("y")}})}, {"model", Inner("z")}}));
  options.key = "a.b.c";
  EXPECT_EQ(Names(Read(file)), "x[2,2]");
  options.key = "a.d";
  EXPECT_EQ(Names(Read(file)), "y[2,2]");
}

TEST_F(WrapperTest, KeyThatIsNotThere) {
  options.key = "ema.model";
  EXPECT_EQ(Refusal(Of(dict({{"model", Inner()}, {"epoch", num(3)}, {"t", GoodTensor()}}))),
            "2 'f': has no key 'ema.model'\n"
            "  it holds:\n"
            "    'model': dict of 1, with tensors\n"
            "    'epoch': int\n"
            "    't': tensor[2, 2]\n"
            "  help: give one of these with --key");
}

TEST_F(WrapperTest, Ambiguous) {
  EXPECT_EQ(Refusal(Golden("two-213.pt")),
            "7 'f': holds 2 state dicts\n"
            "  it holds:\n"
            "    'model': dict of 8, with tensors\n"
            "    'ema': dict of 8, with tensors\n"
            "  help: choose one with --key");
  options.key = "ema";
  EXPECT_EQ(Read(Golden("two-213.pt")).tensors.size(), 8u);
}

TEST_F(WrapperTest, NoStateDict) {
  EXPECT_EQ(Refusal(Of(dict({{"epoch", num(3)}}))),
            "7 'f': holds no state dict\n"
            "  it holds:\n"
            "    'epoch': int\n"
            "  help: save model.state_dict(), or name the key with --key");
  EXPECT_EQ(Refusal(Of(GoodTensor())), "7 'f': holds one tensor, not a state dict");
}

TEST_F(WrapperTest, PrefixOnlyIfAllHaveIt) {
  EXPECT_EQ(Names(Read(Of(dict({{"module.a", GoodTensor()}, {"module.module.b", GoodTensor()}})))),
            "a[2,2] module.b[2,2]");
  EXPECT_EQ(Names(Read(Of(dict({{"module.a", GoodTensor()}, {"b", GoodTensor()}})))), "module.a[2,2] b[2,2]");
}

TEST_F(WrapperTest, WhatIsNoTensorIsLeftOut) {
  EXPECT_EQ(Names(Read(Of(dict({{"w", GoodTensor()}, {"x._extra_state", num(1)}, {"n", num(3)}})))), "w[2,2]");
  EXPECT_EQ(warnings, std::vector<std::string>{"'f': tensor 'n': is int, not a tensor: left out [P13]"});
}

TEST_F(WrapperTest, J01SetStateIsData) {
  // A scripted object with __setstate__: its state is a tuple, nothing is called, the rest is read.
  const Code plain = global("__torch__", "M") + ")\x81";
  const Code hostile = plain + tuple({str("touch /tmp/x"), GoodTensor()}) + "b";
  const Code root = plain + dict({{"w", GoodTensor()}, {"sub", hostile}}) + "b";
  const Checkpoint read = Read(
      Saved(pickle(root)).with_entry("a/constants.pkl", pickle(tuple({}))).with_entry("a/code/x.py", "torn [").bytes());
  EXPECT_EQ(read.format, "torchscript");
  EXPECT_EQ(Names(read), "w[2,2]");
  EXPECT_EQ(warnings,
            std::vector<std::string>{"'f': attribute 'sub': its state is tuple, made by its own __getstate__: "
                                     "tensors in it have no names [J01]"});
}

TEST_F(WrapperTest, J02AndJ03CodeIsNotLookedAt) {
  const Code root = global("__torch__", "M") + ")\x81" + dict({{"w", GoodTensor()}}) + "b";
  for (const std::string code :
       {"class M(Module):\n  def __setstate__(self, s: Any) -> None:\n    while True:\n      pass\n", "class M(Modu",
        "\xff\x00"}) {
    const Checkpoint read = Read(Saved(pickle(root))
                                     .with_entry("a/constants.pkl", pickle(tuple({})))
                                     .with_entry("a/code/__torch__.py", code)
                                     .bytes());
    EXPECT_EQ(Names(read), "w[2,2]");
  }
}

TEST_F(WrapperTest, SharedModulesDoNotMultiply) {
  // Each module holds the one before it twice: 2^40 names.
  const Code module = global("m", "M") + ")\x81";
  const auto holding = [&](const Code& children) {
    return module + dict({{"_parameters", "}"}, {"_buffers", "}"}, {"_modules", children}}) + "b";
  };
  Code root = holding("}") + "p0\n0";
  for (int i = 0; i < 40; ++i) {
    const Code last = "g" + std::to_string(i) + "\n";
    root += holding(dict({{"a", last}, {"b", last}})) + "p" + std::to_string(i + 1) + "\n0";
  }
  EXPECT_EQ(Refusal(Of(root + "g40\n")),
            "4 'f': modules are nested too widely [P15]\n"
            "  help: if you trust the file, raise the limit with --max-tensors");
}

TEST_F(WrapperTest, P16ModulesThatHoldThemselves) {
  const auto at = [](const Code& children) {
    return global("m", "M") + ")\x81q\x01" + dict({{"_parameters", "}"}, {"_buffers", "}"}, {"_modules", children}}) +
           "b";
  };
  const std::string self = "h\x01";
  EXPECT_EQ(Refusal(Of(at(dict({{"a", self}, {"b", self}})))), "3 'f': attribute 'a': a module holds itself [P16]");
  const Code scripted = global("__torch__", "M") + ")\x81q\x01" + dict({{"w", GoodTensor()}, {"a", self}}) + "b";
  EXPECT_EQ(Refusal(Saved(pickle(scripted)).with_entry("a/constants.pkl", pickle(tuple({})))),
            "3 'f': attribute 'a': a module holds itself [P16]");
}

TEST_F(WrapperTest, P14ModulesNestedDeeply) {
  const auto at = [](const Code& children) {
    return global("m", "M") + ")\x81" + dict({{"_parameters", "}"}, {"_buffers", "}"}, {"_modules", children}}) + "b";
  };
  Code root = at("}");
  for (int i = 0; i < 600; ++i) root = root + "p0\n0" + at(dict({{"a", "g0\n"}}));
  EXPECT_EQ(Refusal(Of(root)),
            "4 'f': modules are nested deeper than 512 [P14]\n"
            "  help: if you trust the file, raise the limit with --max-depth");
}

TEST_F(WrapperTest, P15SharedEntriesDoNotMultiply) {
  std::string nones = "}(", children = "}(";
  for (int i = 0; i < 5000; ++i) {
    nones += str(std::to_string(i)) + "N";
    children += str(std::to_string(i)) + "g0\n";
  }
  const auto at = [](const Code& parameters, const Code& below) {
    return global("m", "M") + ")\x81" + dict({{"_parameters", parameters}, {"_buffers", "}"}, {"_modules", below}}) +
           "b";
  };
  EXPECT_EQ(Refusal(Of(at(nones + "u", "}") + "p0\n0" + at("}", children + "u"))),
            "4 'f': modules are nested too widely [P15]\n"
            "  help: if you trust the file, raise the limit with --max-tensors");
}

TEST_F(WrapperTest, BuffersThatAreNotSaved) {
  const Code absent = global("builtins", "set") + tuple({list({str("z"), str("a"), str("m")})}) + "R";
  const Code module = global("m", "M") + ")\x81" +
                      dict({{"_parameters", "}"},
                            {"_buffers", dict({{"a", GoodTensor()}, {"b", GoodTensor()}, {"m", GoodTensor()}})},
                            {"_modules", "}"},
                            {"_non_persistent_buffers_set", absent}}) +
                      "b";
  EXPECT_EQ(Names(Read(Of(module))), "b[2,2]");
}

TEST_F(WrapperTest, WarningsOfOneKindAreCounted) {
  EXPECT_EQ(
      Names(Read(Of(dict({{"w", GoodTensor()}, {"n", num(3)}, {"l", list({})}, {"w", GoodTensor()}, {"m", "N"}})))),
      "w[2,2]");
  EXPECT_EQ(warnings,
            (std::vector<std::string>{"'f': tensor 'w': is there twice: the last one counts [P23]",
                                      "'f': tensor 'n': is int, not a tensor: left out (and 1 more like it) [P13]"}));
}

TEST_F(WrapperTest, J01StateWithoutNames) {
  const Code scripted = global("__torch__", "M") + ")\x81" + tuple({GoodTensor()}) + "b";
  EXPECT_EQ(Refusal(Saved(pickle(scripted)).with_entry("a/constants.pkl", pickle(tuple({})))),
            "3 'f': its state is tuple, made by its own __getstate__: tensors in it have no names [J01]");
}

TEST_F(WrapperTest, KeyOfAFormatWithoutKeys) {
  options.key = "model";
  const Code scripted = global("__torch__", "M") + ")\x81" + dict({{"w", GoodTensor()}}) + "b";
  EXPECT_EQ(Refusal(Saved(pickle(scripted)).with_entry("a/constants.pkl", pickle(tuple({})))),
            "2 'f': is a TorchScript archive, which has no key 'model'\n  help: leave --key out");
  EXPECT_EQ(Refusal(little_endian(std::uint64_t{8}) + "{}      "),
            "2 'f': is a safetensors file, which has no key 'model'\n  help: leave --key out");
}

TEST_F(WrapperTest, J04HostileConstants) {
  EXPECT_EQ(Refusal(Good().with_entry("a/constants.pkl", "\x80\x02(.")),
            "3 'f': record 'a/constants.pkl', offset 3: a MARK is left at STOP [P17]");
}

}  // namespace
}  // namespace scriptc::weights::test
