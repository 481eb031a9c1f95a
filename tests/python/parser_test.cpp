#include "scriptc/python/parser.h"

#include <gtest/gtest.h>

namespace scriptc::python {
namespace {

std::string Dump(const std::string& text) {
  return ast_dump(*parse_module(std::make_shared<const Source>("t.py", text)));
}

std::string Refused(const std::string& text) {
  try {
    Dump(text);
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

TEST(Parser, ReadsAssignment) {
  EXPECT_EQ(Dump("x = 1 + y\n"),
            "Module(body=[Assign(targets=[Name(id='x', ctx=Store())], value=BinOp(left=Constant(value=1), op=Add(), "
            "right=Name(id='y', ctx=Load())))], type_ignores=[])");
}

TEST(Parser, PointsAtMissingColon) {
  EXPECT_EQ(Refused("def f()\n  pass\n"), "t.py:1:8: expected ':'\n    def f()\n           ^");
}

}  // namespace
}  // namespace scriptc::python
