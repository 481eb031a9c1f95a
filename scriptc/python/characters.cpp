#include "scriptc/python/characters.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

#include "scriptc/python/unicode_tables.h"
#include "scriptc/python/utf8.h"

namespace scriptc::python {
namespace {

bool contains(std::span<const CodeRange> ranges, std::uint32_t value) {
  const auto found = std::lower_bound(ranges.begin(), ranges.end(), value,
                                      [](const CodeRange& range, std::uint32_t v) { return range.last < v; });
  return found != ranges.end() && found->first <= value;
}

struct Compatible {
  std::uint32_t from;
  const char* to;
};
constexpr Compatible kCompatible[] = {
    {0xAA, "a"},        {0xB5, "\u03BC"},   {0xBA, "o"},        {0x132, "IJ"},     {0x133, "ij"},
    {0x17F, "s"},       {0x1C7, "LJ"},      {0x1C8, "Lj"},      {0x1C9, "lj"},     {0x1CA, "NJ"},
    {0x1CB, "Nj"},      {0x1CC, "nj"},      {0x1F1, "DZ"},      {0x1F2, "Dz"},     {0x1F3, "dz"},
    {0x3D0, "\u03B2"},  {0x3D1, "\u03B8"},  {0x3D5, "\u03C6"},  {0x3D6, "\u03C0"}, {0x3F0, "\u03BA"},
    {0x3F1, "\u03C1"},  {0x3F2, "\u03C2"},  {0x3F5, "\u03B5"},  {0x2071, "i"},     {0x207F, "n"},
    {0x2090, "a"},      {0x2091, "e"},      {0x2092, "o"},      {0x2093, "x"},     {0x2102, "C"},
    {0x210A, "g"},      {0x210B, "H"},      {0x210C, "H"},      {0x210D, "H"},     {0x210E, "h"},
    {0x210F, "\u0127"}, {0x2110, "I"},      {0x2111, "I"},      {0x2112, "L"},     {0x2113, "l"},
    {0x2115, "N"},      {0x2119, "P"},      {0x211A, "Q"},      {0x211B, "R"},     {0x211C, "R"},
    {0x211D, "R"},      {0x2124, "Z"},      {0x2126, "\u03A9"}, {0x2128, "Z"},     {0x212A, "K"},
    {0x212B, "\u00C5"}, {0x212C, "B"},      {0x212D, "C"},      {0x212F, "e"},     {0x2130, "E"},
    {0x2131, "F"},      {0x2133, "M"},      {0x2134, "o"},      {0x2139, "i"},     {0x213C, "\u03C0"},
    {0x213D, "\u03B3"}, {0x213E, "\u0393"}, {0x213F, "\u03A0"}, {0x2145, "D"},     {0x2146, "d"},
    {0x2147, "e"},      {0x2148, "i"},      {0x2149, "j"},      {0xFB00, "ff"},    {0xFB01, "fi"},
    {0xFB02, "fl"},     {0xFB03, "ffi"},    {0xFB04, "ffl"},    {0xFB05, "st"},    {0xFB06, "st"},
    {0xFE4D, "_"},      {0xFE4E, "_"},      {0xFE4F, "_"},
};

/// The Greek letters of one mathematical alphabet, in Unicode's order (58 each from U+1D6A8).
std::uint32_t mathematical_greek(std::uint32_t offset) {
  constexpr std::array<std::uint32_t, 8> kTail = {0x2202, 0x3B5, 0x3B8, 0x3BA, 0x3C6, 0x3C1, 0x3C0, 0x3B8};
  if (offset == 17) return 0x398;
  if (offset < 25) return 0x391 + offset;
  if (offset == 25) return 0x2207;
  if (offset < 51) return 0x3B1 + offset - 26;
  return kTail[offset - 51];
}

/// NFKC of one character, 0 if `kCompatible` may know it or it stays.
std::uint32_t compatible_letter(std::uint32_t value) {
  if (value >= 0xFF10 && value <= 0xFF5A) return value - 0xFF10 + '0';
  if (value >= 0x1D400 && value <= 0x1D6A3) {
    const std::uint32_t offset = (value - 0x1D400) % 52;
    return offset < 26 ? 'A' + offset : 'a' + offset - 26;
  }
  if (value >= 0x1D6A8 && value <= 0x1D7C9) return mathematical_greek((value - 0x1D6A8) % 58);
  if (value >= 0x1D7CE && value <= 0x1D7FF) return '0' + (value - 0x1D7CE) % 10;
  return 0;
}

}  // namespace

bool is_identifier_char(std::uint32_t code_point, bool first) {
  return contains(kNameContinue, code_point) && !(first && contains(kNameNeverFirst, code_point));
}

bool is_printable(std::uint32_t code_point) { return !contains(kNotPrintable, code_point); }

std::string normalise_identifier(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size();) {
    const CodePoint point = decode_utf8(name.substr(i));
    const std::uint32_t letter = point.value < 0x80 ? 0 : compatible_letter(point.value);
    const Compatible* found = std::lower_bound(std::begin(kCompatible), std::end(kCompatible), point.value,
                                               [](const Compatible& c, std::uint32_t value) { return c.from < value; });
    if (letter != 0)
      append_utf8(out, letter);
    else if (found != std::end(kCompatible) && found->from == point.value)
      out += found->to;
    else
      out += name.substr(i, point.length);
    i += point.length;
  }
  return out;
}

}  // namespace scriptc::python
