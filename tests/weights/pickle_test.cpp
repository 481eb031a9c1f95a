#include "weights/pickle.h"

#include <chrono>
#include <functional>
#include <limits>

#include "fixture.h"
#include "weights/bytes.h"

namespace scriptc::weights::test {
namespace {

/// Runs pickle programs alone, as record `p`.
class PickleTest : public CheckpointTest {
 protected:
  Pickle Load(const std::string& program) {
    PickleSource source;
    source.bytes = as_bytes(program);
    source.where = "p";
    return read_pickle(source, origin_, options.caps);
  }
  std::string Failure(const std::string& program) {
    try {
      Load(program);
    } catch (const Error& error) {
      return std::to_string(exit_code(error.kind())) + " " + error.message();
    }
    return "accepted";
  }
  static double Seconds(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  static std::string Repeated(const std::string& text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
  }

 private:
  Origin origin_{"f", this};
};

TEST_F(PickleTest, P01NoValueOrNoStop) {
  EXPECT_EQ(Failure(""), "3 'f': p, offset 0: the pickle ends without STOP [P01]");
  EXPECT_EQ(Failure("\x80\x02"), "3 'f': p, offset 2: the pickle ends without STOP [P01]");
  EXPECT_EQ(Failure("\x80"), "3 'f': p, offset 0: the pickle is cut short [P01]");
  EXPECT_EQ(Failure("."), "3 'f': p, offset 0: there is no value at STOP [P01]");
}

TEST_F(PickleTest, P02Protocols) {
  for (char protocol = 0; protocol <= 5; ++protocol)
    EXPECT_EQ(Failure(std::string("\x80") + protocol + "N."), "accepted");
  EXPECT_EQ(Failure("\x80\x06N."), "3 'f': p, offset 0: unknown pickle protocol (got 6, limit 5) [P02]");
}

TEST_F(PickleTest, P03StackUnderflowOfEveryOpcode) {
  const std::vector<std::string> programs{"0",    "2",    "R",    "\x81",  "\x92", "b",    "s",  "a",  "Q",     "\x85",
                                          "\x86", "\x87", "\x93", "q\x01", "p1\n", "\x94", "(u", "(e", "(\x90", "(o"};
  for (const std::string& program : programs) {
    const std::string where = std::to_string(program[0] == '(' ? 1 : 0);
    EXPECT_EQ(Failure(program), "3 'f': p, offset " + where + ": the stack is empty [P03]") << program;
  }
}

TEST_F(PickleTest, P03ValuesBelowAMarkAreOutOfReach) {
  EXPECT_EQ(Failure("N(\x85."), "3 'f': p, offset 2: the stack is empty [P03]");
  EXPECT_EQ(Failure("](Na."), "3 'f': p, offset 3: the stack is empty [P03]");
}

TEST_F(PickleTest, P04NoMark) {
  for (const std::string program : {"t", "l", "d", "1", "e", "u", "o", "\x90", "\x91"})
    EXPECT_EQ(Failure(program), "3 'f': p, offset 0: there is no MARK [P04]") << program;
  EXPECT_EQ(Failure("ia\nb\n"), "3 'f': p, offset 0: there is no MARK [P04]");
}

TEST_F(PickleTest, P05OddItems) {
  EXPECT_EQ(Failure("}(Nu."), "3 'f': p, offset 3: SETITEMS has a key without a value [P05]");
  EXPECT_EQ(Failure("(Nd."), "3 'f': p, offset 2: SETITEMS has a key without a value [P05]");
}

TEST_F(PickleTest, P06WrongContainer) {
  EXPECT_EQ(Failure("]NNs."), "3 'f': p, offset 3: SETITEM on list [P06]");
  EXPECT_EQ(Failure("}Na."), "3 'f': p, offset 2: APPEND on dict [P06]");
  EXPECT_EQ(Failure("](N\x90."), "3 'f': p, offset 3: ADDITEMS on list [P06]");
  EXPECT_EQ(Failure("\x8fNa."), "3 'f': p, offset 2: APPEND on set [P06]");
  EXPECT_EQ(Failure("\x8f(N\x90."), "accepted");
  EXPECT_EQ(TensorRefusal(GoodTensor() + num(0) + num(9) + "s"),
            "3 'f': record 'a/data.pkl', offset 207: items are put into a tensor [P06]");
  EXPECT_EQ(TensorRefusal(GoodTensor() + num(9) + "a"),
            "3 'f': record 'a/data.pkl', offset 197: items are put into a tensor [P06]");
}

TEST_F(PickleTest, P07UnsetMemo) {
  EXPECT_EQ(Failure("h\x05."), "3 'f': p, offset 0: memo 5 was never set [P07]");
  EXPECT_EQ(Failure("gx\n."), "3 'f': p, offset 0: 'x' is no memo index [P07]");
}

TEST_F(PickleTest, P08HugeMemoIndex) {
  EXPECT_EQ(Load("Nr\xff\xff\xff\xff"
                 "0j\xff\xff\xff\xff.")
                .root.kind(),
            Kind::none);
}

TEST_F(PickleTest, P08MemoOutOfOrder) {
  const std::string program = "I7\np2\n0I8\np0\n0I9\np1\n0";
  EXPECT_EQ(Load(program + "g2\n.").root.as_integer(), 7);
  EXPECT_EQ(Load(program + "I1\np2\n0g2\n.").root.as_integer(), 1);
}

TEST_F(PickleTest, P09StringBeyondTheEnd) {
  EXPECT_EQ(Failure("X\xff\xff\xff\xff"
                    "abc"),
            "3 'f': p, offset 0: data reaches beyond the end of the pickle (got 4294967295, limit 3) [P09]");
  EXPECT_EQ(Failure("T\xff\xff\xff\xff"
                    "abc"),
            "3 'f': p, offset 0: a length is negative (got -1) [P09]");
  EXPECT_EQ(Failure("S'abc\n."), "3 'f': p, offset 0: STRING is malformed [P09]");
}

TEST_F(PickleTest, P10StringOf64BitLength) {
  EXPECT_EQ(Failure(std::string("\x8d\0\0\0\0\0\0\0\x80", 9)),
            "3 'f': p, offset 0: data reaches beyond the end of the pickle (got 9223372036854775808, limit 0) [P10]");
}

TEST_F(PickleTest, P11LineWithoutEnd) { EXPECT_EQ(Failure("cos"), "3 'f': p, offset 0: a line has no end [P11]"); }

TEST_F(PickleTest, P12NamesOfImports) {
  EXPECT_EQ(Failure("cos\na\x01"
                    "b\n."),
            "3 'f': p, offset 0: the name of an import is malformed: 'a\\x01b' [P12]");
  EXPECT_EQ(Failure("c" + std::string(10'000'000, 'a') + "\nb\n."),
            "3 'f': p, offset 0: the name of an import is malformed: '" + std::string(60, 'a') + "...' [P12]");
  EXPECT_EQ(Failure("NN\x93."), "3 'f': p, offset 2: STACK_GLOBAL needs two strings [P12]");
}

TEST_F(PickleTest, P12OneLongModuleOfManyNames) {
  std::string program = str(std::string(60'000, 'm')) + "p0\n0";
  for (int i = 0; i < 1000; ++i) program += "g0\n" + str(std::to_string(i)) + "\x93" + "0";
  EXPECT_EQ(Failure(program + "N."),
            "4 'f': p, offset 63550: the names of the imports take more than 16850117 bytes [P12]\n"
            "  help: if you trust the file, raise the limit with --max-pickle-bytes");
}

TEST_F(PickleTest, P13CallsStayData) {
  for (const std::string program : {"cos\nsystem\n(S'x'\ntR.", "(S'x'\nios\nsystem\n.", "(cos\nsystem\nS'x'\no.",
                                    "\x8c\x02os\x8c\x06system\x93(S'x'\ntR."}) {
    const Pickle made = Load(program);
    ASSERT_TRUE(is_call_of(made.root, "os", "system")) << program;
    EXPECT_EQ(made.root.as_object().arguments.as_sequence().items[0].as_text(), "x");
  }
}

TEST_F(PickleTest, P13RefusedWhereItsResultIsNeeded) {
  const Code system = call(global("os", "system"), {str("touch /tmp/x")});
  EXPECT_EQ(TensorRefusal(system), "3 'f': tensor 'w': is made by calling 'os.system', which is never done [P13]");
  EXPECT_EQ(
      PickleRefusal(pickle(system)),
      "3 'f': its value is made by calling 'os.system', which is never done; save model.state_dict() instead [P13]");
  EXPECT_EQ(PickleRefusal(pickle(dict({{"state_dict", dict({{"w", GoodTensor()}})}, {"x", system}}))), "accepted");
}

TEST_F(PickleTest, P14NestedTuples) {
  EXPECT_EQ(Failure(")" + Repeated("\x85", 511) + "."), "accepted");
  EXPECT_EQ(Failure(")" + Repeated("\x85", 512) + "."),
            "4 'f': p: values are nested deeper than 512 [P14]\n"
            "  help: if you trust the file, raise the limit with --max-depth");
  EXPECT_TRUE(Failure(")" + Repeated("\x85", 1'000'000) + ".").starts_with("4 "));
}

TEST_F(PickleTest, P14ListsFilledInsideOut) {
  EXPECT_EQ(Failure(Repeated("]", 512) + Repeated("a", 511) + "."), "accepted");
  EXPECT_TRUE(Failure(Repeated("]", 513) + Repeated("a", 512) + ".").starts_with("4 "));
}

TEST_F(PickleTest, P15DoublingTuples) {
  EXPECT_LT(Seconds([&] { EXPECT_EQ(Failure(")" + Repeated("2\x86", 200) + "."), "accepted"); }), 0.1);
}

TEST_F(PickleTest, P16Cycles) {
  EXPECT_EQ(Failure("]q\x01h\x01"
                    "a."),
            "3 'f': p: a container holds itself [P16]");
  EXPECT_EQ(Failure("}q\x01K\x01h\x01s."), "3 'f': p: a container holds itself [P16]");
}

TEST_F(PickleTest, P17TwoValues) {
  EXPECT_EQ(Failure("NN."), "3 'f': p, offset 2: 2 values are left at STOP [P17]");
  EXPECT_EQ(Failure("N(."), "3 'f': p, offset 2: a MARK is left at STOP [P17]");
}

TEST_F(PickleTest, P18BytesAfterStop) { EXPECT_EQ(Failure("N.abc"), "3 'f': p: 3 bytes follow STOP [P18]"); }

TEST_F(PickleTest, P19Longs) {
  const auto value = [this](const std::string& bytes) {
    return Load("\x8a" + std::string(1, static_cast<char>(bytes.size())) + bytes + ".").root;
  };
  EXPECT_EQ(value("").as_integer(), 0);
  EXPECT_EQ(value("\xff").as_integer(), -1);
  EXPECT_EQ(value(std::string("\xff\0", 2)).as_integer(), 255);
  EXPECT_EQ(value(std::string("\0\0\0\0\0\0\0\x80", 8)).as_integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(value(std::string("\x05") + std::string(30, '\0')).as_integer(), 5);
  EXPECT_EQ(value(std::string(200, '\xff')).as_integer(), -1);
  EXPECT_EQ(value(std::string("\0\0\0\0\0\0\0\x80\0", 9)).kind(), Kind::big_integer);
  EXPECT_EQ(Failure("\x8b\xff\xff\xff\xff."), "3 'f': p, offset 0: a length is negative (got -1) [P09]");
  const auto text = [this](const std::string& digits) { return Load("L" + digits + "L\n.").root; };
  EXPECT_EQ(text("-9223372036854775808").as_integer(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(text("9223372036854775807").as_integer(), std::numeric_limits<std::int64_t>::max());
  const Pickle big = Load("L1180591620717411303424L\n.");  // 2^70
  EXPECT_EQ(big.root.kind(), Kind::big_integer);
  EXPECT_EQ(big.root.as_text(), std::string(8, '\0') + "\x40");
  const Pickle negative = Load("L-1180591620717411303424L\n.");
  EXPECT_EQ(negative.root.as_text(), std::string(8, '\0') + "\xc0");
  EXPECT_EQ(Failure("L12345678901234567890xL\n."), "3 'f': p, offset 0: '12345678901234567890x' is no number [P19]");
  EXPECT_EQ(Failure("L" + std::string(401, '9') + "L\n."),
            "3 'f': p, offset 0: '" + std::string(60, '9') + "...' is no number [P19]");
}

TEST_F(PickleTest, ReadsProtocolZero) {
  EXPECT_EQ(Load("I01\n.").root.as_boolean(), true);
  EXPECT_EQ(Load("I-12\n.").root.as_integer(), -12);
  EXPECT_EQ(Load("F2.5\n.").root.as_real(), 2.5);
  EXPECT_EQ(Load("S'a\\n\\x41'\n.").root.as_text(), "a\nA");
  EXPECT_EQ(Load("V\\u00e9\xe9\n.").root.as_text(), "éé");
}

TEST_F(PickleTest, P20MalformedPersistentId) {
  const std::string text = "3 'f': tensor 'w': a persistent id is not that of a storage [P20]";
  const auto with = [this](const Code& id) { return TensorRefusal(tensor(id + "Q", 0, shape({}), shape({}))); };
  EXPECT_EQ(with(str("x")), text);
  EXPECT_EQ(with(tuple({str("storage")})), text);
  EXPECT_EQ(with(tuple({str("module"), global("torch", "FloatStorage"), str("0"), str("cpu"), num(4)})), text);
  EXPECT_EQ(TensorRefusal(tensor(storage("0", -4), 0, shape({}), shape({}))), text);
}

TEST_F(PickleTest, P21UnknownStorageType) {
  EXPECT_EQ(TensorRefusal(tensor(storage("0", 4, "OddStorage"), 0, shape({}), shape({}))),
            "3 'f': tensor 'w': unknown storage type 'torch.OddStorage' [P21]");
}

TEST_F(PickleTest, P22Devices) {
  EXPECT_EQ(TensorRefusal(tensor(storage("0", 4, "FloatStorage", "cuda:0"), 0, shape({}), shape({}))), "accepted");
  EXPECT_EQ(TensorRefusal(tensor(storage("0", 4, "FloatStorage", "meta"), 0, shape({}), shape({}))),
            "3 'f': tensor 'w': is on the meta device: it has no values [P22]");
}

TEST_F(PickleTest, P23Keys) {
  EXPECT_EQ(Failure("}]Ns."), "3 'f': p, offset 3: list is used as a key [P23]");
  const Code again = tensor(storage("0", 4), 1, shape({}), shape({}));
  const Checkpoint read = Read(Saved(pickle(dict({{"w", GoodTensor()}, {"w", again}}))).bytes());
  EXPECT_EQ(Values(*read.tensors.find("w")), std::vector<double>{2});
  EXPECT_EQ(warnings, std::vector<std::string>{"'f': tensor 'w': is there twice: the last one counts [P23]"});
}

TEST_F(PickleTest, P24HostileNames) {
  EXPECT_EQ(PickleRefusal(pickle(dict({{"../\x1b[31m\n", call(global("os", "system"), {})}, {"w", GoodTensor()}}))),
            "3 'f': tensor '../\\x1b[31m\\n': is made by calling 'os.system', which is never done [P13]");
}

TEST_F(PickleTest, P25EmptyName) { EXPECT_EQ(Names(Read(Saved(pickle(dict({{"", GoodTensor()}}))).bytes())), "[2,2]"); }

TEST_F(PickleTest, P26RebuildFromType) {
  const Code from_type = global("torch._tensor", "_rebuild_from_type_v2");
  const Code arguments = tuple({storage("0", 4), num(0), shape({4}), shape({1}), "\x89", ordered_dict()});
  EXPECT_EQ(TensorRefusal(call(
                from_type, {global("torch._utils", "_rebuild_tensor_v2"), global("m", "Sub"), arguments, dict({})})),
            "accepted");
  EXPECT_EQ(
      TensorRefusal(call(from_type, {str("x"), global("m", "Sub"), arguments, dict({})})),
      "3 'f': tensor 'w': is made by 'torch._tensor._rebuild_from_type_v2' without function, type and arguments [P26]");
  EXPECT_EQ(TensorRefusal(call(from_type, {global("os", "system"), global("m", "Sub"), arguments, dict({})})),
            "3 'f': tensor 'w': is made by calling 'os.system', which is never done [P13]");
}

TEST_F(PickleTest, P27WrappedTooOften) {
  Code wrapped = GoodTensor();
  for (int i = 0; i < 20; ++i)
    wrapped = call(global("torch._utils", "_rebuild_parameter"), {wrapped, "\x88", ordered_dict()});
  EXPECT_EQ(TensorRefusal(wrapped), "3 'f': tensor 'w': is wrapped too often [P27]");
}

TEST_F(PickleTest, P29Frames) {
  const auto framed = [](std::uint64_t size, const std::string& body) {
    return "\x80\x04\x95" + little_endian(size) + body;
  };
  EXPECT_EQ(Failure(framed(2, "N.")), "accepted");
  EXPECT_EQ(Failure(framed(1, "N.")), "accepted");
  EXPECT_EQ(Failure(framed(3, "N.")), "3 'f': p, offset 2: FRAME is longer than the pickle (got 3, limit 2) [P29]");
  EXPECT_EQ(Failure(framed(2, "N0X\x01" + std::string(3, '\0') + "a.").replace(3, 8, little_endian(std::uint64_t{4}))),
            "3 'f': p, offset 13: an operation reaches beyond its FRAME [P29]");
  EXPECT_EQ(Failure(framed(11, framed(1, "N.").substr(2))), "3 'f': p, offset 11: FRAME within a FRAME [P29]");
}

TEST_F(PickleTest, P30UnsupportedByName) {
  EXPECT_EQ(Failure("P1\n."), "3 'f': p, offset 0: PERSID (a persistent id as text) is not supported [P30]");
  for (const std::string program : {"\x82\x01", "\x83", "\x84"})
    EXPECT_EQ(Failure(program), "3 'f': p, offset 0: EXT (a registered extension) is not supported [P30]");
  for (const std::string program : {"\x97", "\x98"})
    EXPECT_EQ(Failure(program), "3 'f': p, offset 0: BUFFER (data outside of the pickle) is not supported [P30]");
}

TEST_F(PickleTest, P31ManyOperations) {
  const std::string many = "]" + Repeated("(" + Repeated("K\x01", 1000) + "e", 5000) + ".";  // five million
  EXPECT_LT(Seconds([&] { EXPECT_EQ(Failure(many), "accepted"); }), 10);
  options.caps.opcodes = 100;
  EXPECT_EQ(Failure(many),
            "4 'f': p, offset 198: the pickle has more operations than 100 [P31]\n"
            "  help: if you trust the file, raise the limit with --max-opcodes");
}

TEST_F(PickleTest, P31ValuesBeyondTheMemory) {
  options.caps.pickle_bytes = 1 << 20;
  EXPECT_EQ(Failure(Repeated("]", 100'000)).substr(0, 2), "4 ");
}

TEST_F(PickleTest, P31ValuesOfASmallPickleTakeLittle) {
  // Empty dicts are what takes most for its one byte.
  EXPECT_EQ(Failure(Repeated("}", 2'000'000)),
            "4 'f': p, offset 1048576: the values of the pickle take more than 97554432 bytes [P31]\n"
            "  help: if you trust the file, raise the limit with --max-pickle-bytes");
}

TEST_F(PickleTest, P32UnknownOpcode) { EXPECT_EQ(Failure("N\xff."), "3 'f': p, offset 1: unknown opcode 0xff [P32]"); }

TEST_F(PickleTest, P33BuildOnADict) {
  EXPECT_EQ(Failure("}}b."), "3 'f': p, offset 2: BUILD on dict [P33]");
  EXPECT_EQ(Failure(ordered_dict() + "}b."), "accepted");
}

TEST_F(PickleTest, P33BuildOnATensor) {
  EXPECT_EQ(TensorRefusal(GoodTensor() + tuple({storage("0", 4), num(2), shape({1}), shape({1})}) + "b"),
            "3 'f': record 'a/data.pkl', offset 282: BUILD on a tensor [P33]");
  const Code parameter = call(global("torch.nn.parameter", "Parameter"), {GoodTensor()});
  EXPECT_EQ(TensorRefusal(parameter + tuple({"\x88", "\x89", ordered_dict()}) + "b"), "accepted");
}

TEST_F(PickleTest, ContainersMadeByCalls) {
  const Code pairs = tuple({tuple({str("w"), GoodTensor()})});
  const Code contents = dict({{"w", GoodTensor()}});
  for (const Code& made :
       {call(global("collections", "OrderedDict"), {contents}), call(global("__builtin__", "dict"), {contents}),
        call(global("collections", "OrderedDict"), {pairs}),
        call(global("collections", "defaultdict"), {global("builtins", "list"), contents})})
    EXPECT_EQ(Names(Read(Saved(pickle(made)).bytes())), "w[2,2]");
  EXPECT_EQ(Failure(call(global("collections", "OrderedDict"), {num(1)}) + "."),
            "3 'f': p, offset 37: OrderedDict needs pairs [P03]");
  // NEWOBJ calls __new__ alone, which does not fill them.
  const Pickle made = Load(global("builtins", "dict") + tuple({dict({{"a", num(1)}})}) + "\x81.");
  EXPECT_TRUE(made.root.as_dict().items.empty());
}

}  // namespace
}  // namespace scriptc::weights::test
