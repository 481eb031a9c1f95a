#include <scriptc/plugin.h>

#include <cmath>

namespace nn = scriptc::nn;
using namespace scriptc::literals;

// BERT (Devlin et al. 2018) with the names of Hugging Face's BertModel, and what sentence-transformers makes of it: one
// vector of length 1 for each sentence (Reimers & Gurevych 2019).

struct Sizes {
  int64_t width, heads, mlp_width;
  double epsilon;
};

static nn::Module layer_norm(const Sizes& sizes) { return nn::LayerNorm(sizes.width, "eps"_a = sizes.epsilon); }

static const char* const kHiddenStates = R"py(
    def forward(self, input_ids: Tensor, attention_mask: Tensor,
                token_type_ids: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
        x = self.encoder(self.embeddings(input_ids, token_type_ids), attention_mask)
        return x, torch.tanh(self.pooler.dense(x[:, 0]))
)py";

static const char* const kSentenceEmbedding = R"py(
    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Optional[Tensor] = None) -> Tensor:
        x = self.encoder(self.embeddings(input_ids, token_type_ids), attention_mask)
        mask = attention_mask.unsqueeze(2).to(x.dtype)
        return F.normalize((x * mask).sum(1) / mask.sum(1).clamp(min=1), dim=1)
)py";

static nn::Module embeddings(int64_t words, int64_t positions, int64_t types, bool position_ids, const Sizes& sizes) {
  nn::Module self("BertEmbeddings");
  self["word_embeddings"] = nn::Embedding(words, sizes.width, "padding_idx"_a = 0);
  self["position_embeddings"] = nn::Embedding(positions, sizes.width);
  self["token_type_embeddings"] = nn::Embedding(types, sizes.width);
  self["LayerNorm"] = layer_norm(sizes);
  // Nothing reads it; checkpoints made before transformers 4.31 have it.
  if (position_ids) self.buffer("position_ids", nn::call("torch.arange", positions).call("unsqueeze", 0));
  self.def(R"py(
      def forward(self, input_ids: Tensor, token_type_ids: Optional[Tensor]) -> Tensor:
          if token_type_ids is None:
              token_type_ids = torch.zeros_like(input_ids)
          x = self.word_embeddings(input_ids) + self.token_type_embeddings(token_type_ids)
          return self.LayerNorm(x + self.position_embeddings.weight[:input_ids.size(1)])
  )py");
  return self;
}

static nn::Module self_attention(const Sizes& sizes) {
  nn::Module self("BertSelfAttention");
  for (const char* name : {"query", "key", "value"}) self[name] = nn::Linear(sizes.width, sizes.width);
  self["heads"] = sizes.heads;
  self["scale"] = 1 / std::sqrt(static_cast<double>(sizes.width / sizes.heads));
  // `bias` is what the mask adds: 0, or so little that no weight is left.
  self.def(R"py(
      def split(self, x: Tensor) -> Tensor:
          return x.view(x.size(0), x.size(1), self.heads, -1).transpose(1, 2)

      def forward(self, x: Tensor, bias: Tensor) -> Tensor:
          query, key, value = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
          weights = torch.softmax(query @ key.transpose(2, 3) * self.scale + bias, dim=3)
          return (weights @ value).transpose(1, 2).flatten(2)
  )py");
  return self;
}

/// A linear layer, a shortcut beside it, and their normalisation.
static nn::Module output(int64_t in, const Sizes& sizes) {
  nn::Module self("BertOutput");
  self["dense"] = nn::Linear(in, sizes.width);
  self["LayerNorm"] = layer_norm(sizes);
  self.def(R"py(
      def forward(self, x: Tensor, shortcut: Tensor) -> Tensor:
          return self.LayerNorm(self.dense(x) + shortcut)
  )py");
  return self;
}

static nn::Module layer(const Sizes& sizes) {
  nn::Module attention("BertAttention");
  attention["self"] = self_attention(sizes);
  attention["output"] = output(sizes.width, sizes);
  attention.def(R"py(
      def forward(self, x: Tensor, bias: Tensor) -> Tensor:
          return self.output(self.self(x, bias), x)
  )py");

  nn::Module intermediate("BertIntermediate");
  intermediate["dense"] = nn::Linear(sizes.width, sizes.mlp_width);

  nn::Module self("BertLayer");
  self["attention"] = attention;
  self["intermediate"] = intermediate;
  self["output"] = output(sizes.mlp_width, sizes);
  self.def(R"py(
      def forward(self, x: Tensor, bias: Tensor) -> Tensor:
          x = self.attention(x, bias)
          return self.output(F.gelu(self.intermediate.dense(x)), x)
  )py");
  return self;
}

/// The sizes are those of Hugging Face's config.json. Returns the hidden states and the pooled first of them; or, with
/// `sentence_embedding`, the mean of the states that the mask leaves, scaled to length 1.
static nn::Module bert(int64_t vocab_size, int64_t hidden_size, int64_t num_hidden_layers, int64_t num_attention_heads,
                       int64_t intermediate_size, int64_t max_position_embeddings, int64_t type_vocab_size,
                       double layer_norm_eps, bool position_ids, bool sentence_embedding) {
  const Sizes sizes{hidden_size, num_attention_heads, intermediate_size, layer_norm_eps};
  nn::Module layers = nn::ModuleList();
  for (int64_t i = 0; i < num_hidden_layers; ++i) layers.append(layer(sizes));
  nn::Module encoder("BertEncoder");
  encoder["layer"] = layers;
  encoder.def(R"py(
      def forward(self, x: Tensor, attention_mask: Tensor) -> Tensor:
          bias = (attention_mask[:, None, None, :] - 1).to(x.dtype) * 3.4028234663852886e38
          for layer in self.layer:
              x = layer(x, bias)
          return x
  )py");
  nn::Module pooler("BertPooler");
  pooler["dense"] = nn::Linear(hidden_size, hidden_size);

  nn::Module self("BertModel");
  self["embeddings"] = embeddings(vocab_size, max_position_embeddings, type_vocab_size, position_ids, sizes);
  self["encoder"] = encoder;
  self["pooler"] = pooler;
  self.def(sentence_embedding ? kSentenceEmbedding : kHiddenStates);
  return self;
}

/// sentence-transformers' all-MiniLM-L6-v2.
static nn::Module minilm_l6() { return bert(30522, 384, 6, 12, 1536, 512, 2, 1e-12, true, true); }

SCRIPTC_PLUGIN(m) {
  m.model("BertModel", &bert, "vocab_size"_a = 30522, "hidden_size"_a = 768, "num_hidden_layers"_a = 12,
          "num_attention_heads"_a = 12, "intermediate_size"_a = 3072, "max_position_embeddings"_a = 512,
          "type_vocab_size"_a = 2, "layer_norm_eps"_a = 1e-12, "position_ids"_a = false, "sentence_embedding"_a = false)
      .input("int64[N=2,T=16]<1000")
      .input("int64[N=2,T=16]<2")
      .input("none")
      .doc("BERT: hidden states and pooled output, or sentence embeddings");
  m.model("MiniLM_L6", &minilm_l6)
      .input("int64[N=2,T=16]<30522")
      .input("int64[N=2,T=16]<2")
      .input("none")
      .doc("all-MiniLM-L6-v2: sentence embeddings of 384 numbers");
}
