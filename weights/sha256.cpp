#include "weights/sha256.h"

#include <bit>
#include <cstring>

#include "weights/byte_source.h"
#include "weights/torn_pages.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace scriptc::weights {
namespace {

using State = std::array<std::uint32_t, 8>;

// FIPS 180-4, sections 4.2.2 and 5.3.3.
alignas(16) constexpr std::array<std::uint32_t, 64> kRounds{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
constexpr State kInitial{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
constexpr std::size_t kBlock = 64;

using Compress = void (*)(State& state, const std::byte* data, std::size_t blocks);

void compress_portable(State& state, const std::byte* data, std::size_t blocks) {
  for (; blocks-- > 0; data += kBlock) {
    std::array<std::uint32_t, 64> w;
    for (std::size_t i = 0; i < 16; ++i) {
      std::uint32_t word = 0;
      std::memcpy(&word, data + i * 4, 4);
      w[i] = __builtin_bswap32(word);
    }
    for (std::size_t i = 16; i < 64; ++i) {
      const std::uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
      const std::uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t i = 0; i < 64; ++i) {
      const std::uint32_t big1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
      const std::uint32_t t1 = h + big1 + ((e & f) ^ (~e & g)) + kRounds[i] + w[i];
      const std::uint32_t big0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
      const std::uint32_t t2 = big0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    const State add{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) state[i] += add[i];
  }
}

#if defined(__x86_64__)
bool has_sha_instructions() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_SSE4_1) == 0 || (c & bit_SSSE3) == 0) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

/// The instructions keep the state as two vectors, ABEF and CDGH (high to low), and do two rounds each.
__attribute__((target("sha,sse4.1,ssse3"))) void compress_native(State& state, const std::byte* data,
                                                                 std::size_t blocks) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  __m128i abef = _mm_set_epi32(static_cast<int>(state[0]), static_cast<int>(state[1]), static_cast<int>(state[4]),
                               static_cast<int>(state[5]));
  __m128i cdgh = _mm_set_epi32(static_cast<int>(state[2]), static_cast<int>(state[3]), static_cast<int>(state[6]),
                               static_cast<int>(state[7]));
  for (; blocks-- > 0; data += kBlock) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i w[4];
    for (int i = 0; i < 4; ++i)
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(data) + i), big_endian);
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
      const __m128i sum = _mm_add_epi32(w[i % 4], _mm_load_si128(reinterpret_cast<const __m128i*>(kRounds.data()) + i));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
      // Four words further: W[t] from W[t-16], W[t-15], W[t-7], W[t-2].
      const __m128i w7 = _mm_alignr_epi8(w[(i + 3) % 4], w[(i + 2) % 4], 4);
      w[i % 4] =
          _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]), w7), w[(i + 3) % 4]);
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  std::array<std::uint32_t, 4> low{}, high{};
  _mm_storeu_si128(reinterpret_cast<__m128i*>(low.data()), abef);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(high.data()), cdgh);
  state = {low[3], low[2], high[3], high[2], low[1], low[0], high[1], high[0]};
}
#endif

std::array<std::uint8_t, 32> digest(Bytes bytes, Compress compress) {
  State state = kInitial;
  const std::size_t whole = bytes.size() / kBlock;
  static_assert(kPieceSize % kBlock == 0);
  read_in_pieces(bytes.first(whole * kBlock),
                 [&](Bytes piece) { compress(state, piece.data(), piece.size() / kBlock); });
  // The rest, one bit, zeros, and the length in bits as a big-endian number.
  std::array<std::byte, 2 * kBlock> tail{};
  const std::size_t rest = bytes.size() % kBlock;
  if (rest != 0) std::memcpy(tail.data(), bytes.data() + whole * kBlock, rest);
  tail[rest] = std::byte{0x80};
  const std::size_t blocks = rest + 9 > kBlock ? 2 : 1;
  const std::uint64_t bits = __builtin_bswap64(static_cast<std::uint64_t>(bytes.size()) * 8);
  std::memcpy(tail.data() + blocks * kBlock - 8, &bits, 8);
  compress(state, tail.data(), blocks);
  std::array<std::uint8_t, 32> result{};
  for (std::size_t i = 0; i < state.size(); ++i) {
    const std::uint32_t word = __builtin_bswap32(state[i]);
    std::memcpy(result.data() + i * 4, &word, 4);
  }
  return result;
}

}  // namespace

std::array<std::uint8_t, 32> sha256(Bytes bytes) {
#if defined(__x86_64__)
  static const bool native = has_sha_instructions();
  if (native) return digest(bytes, compress_native);
#endif
  return digest(bytes, compress_portable);
}

std::array<std::uint8_t, 32> sha256_portable(Bytes bytes) { return digest(bytes, compress_portable); }

std::string to_hex(const std::array<std::uint8_t, 32>& digest) {
  std::string out;
  for (const std::uint8_t byte : digest) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

std::string file_sha256(const std::string& path) {
  const ByteSourcePtr source = map_file(path);
  std::string hex = to_hex(sha256(source->bytes()));
  source->check_unchanged();
  return hex;
}

}  // namespace scriptc::weights
