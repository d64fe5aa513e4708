/// The functions of a C file. Only those that a network needs are written.
///
/// Positions advance by additions, and factors are shifts, so that discrete layers need no
/// multiplication even for addresses. Positions whose steps are not 1 are volatile: otherwise,
/// compilers multiply a counter by the step.
struct CKernels {
    let packing: CPacking
    /// True if a layer's products are multiplied.
    var hasReals = false
    /// True if the weights of a layer have two magnitudes per output.
    var hasPairs = false
    var convolves = false
    var convolvesAndPools = false
    var connects = false
    var pools = false
    var averages = false
    var addsResiduals = false
    var fillsBorders = false
    var standardizes = false
    /// True if the last layer reads packed weights.
    var hasPackedOutput = false
    /// True if sums are multiplied by magnitudes.
    var hasMagnitudes = false

    /// True if convolutions read packed weights.
    var hasLists = false

    init(packing: CPacking) { self.packing = packing }

    private var hasRules: Bool { convolves || convolvesAndPools || connects || averages }

    /// The functions and their types, in order.
    var text: String {
        var parts: [String] = []
        if hasRules { parts += [CSteps.rule, CSteps.activate] }
        if hasLists || hasPackedOutput { parts.append(reader) }
        if hasMagnitudes { parts.append(CSteps.times) }
        if convolves || convolvesAndPools {
            let convolution = CConvolution(
                hasLists: hasLists, hasReals: hasReals, hasPairs: hasPairs)
            parts += convolution.parts(isPlain: convolves, isPooled: convolvesAndPools)
        }
        if connects { parts.append(connect) }
        if pools { parts.append(CSteps.pool) }
        if averages { parts.append(CSteps.average) }
        if addsResiduals { parts.append(CSteps.add) }
        if fillsBorders { parts.append(CSteps.fill) }
        if standardizes { parts.append(CSteps.standardize) }
        return parts.joined(separator: "\n\n")
    }

    // MARK: Packed weights

    private var reader: String {
        let (comment, table, digit): (String, String, String) =
            switch packing {
            case .trits:
                (
                    "Five weights per byte: digits of base 3, the first the most significant.",
                    "    static const uint8_t powers[5] = {1, 3, 9, 27, 81};\n"
                        + "    uint8_t power;\n    int32_t weight = -1;\n",
                    """
                        power = powers[reader->left];
                        while (reader->rest >= power) {
                            reader->rest = (uint8_t)(reader->rest - power);
                            weight++;
                        }

                    """
                )
            case .int2:
                (
                    "Four weights per byte, the first in the highest bits.",
                    "    int32_t weight;\n",
                    """
                        weight = (reader->rest >> 6) - 1;
                        reader->rest = (uint8_t)(reader->rest << 2);

                    """
                )
            case .bits:
                (
                    "Eight weights per byte, the first in the highest bit.",
                    "    int32_t weight;\n",
                    """
                        weight = (reader->rest & 128) != 0 ? 1 : -1;
                        reader->rest = (uint8_t)(reader->rest << 1);

                    """
                )
            }
        return """
            /* \(comment) */
            struct reader {
                const uint8_t *next;
                uint8_t rest;
                uint8_t left;
            };

            static int32_t next_weight(struct reader *reader)
            {
            \(table)    if (reader->left == 0) {
                    reader->rest = *reader->next++;
                    reader->left = \(packing.weightsPerByte);
                }
                reader->left--;
            \(digit)    return weight;
            }
            """
    }

    // MARK: Fully connected layers

    private var connect: String {
        let count = packing.weightsPerByte
        let isBits = packing == .bits
        // From a table: compilers multiply to compute 3 * size.
        let (sizes, size): (String, String) =
            switch packing {
            case .trits:
                ("    static const uint8_t sizes[5] = {81, 27, 9, 3, 1};\n", "sizes[i]")
            case .int2: ("", "i == 3 ? 1 : size << 2")
            case .bits: ("", "i == 7 ? 1 : size << 1")
            }
        return """
            struct connection {
                const uint8_t *weights; /* [byte][output] */
                struct rule rule;
                uint32_t inputs, outputs;
            };

            /* Computes a fully connected layer. For every \(count) inputs, a table of the sums of \
            all \(packing.byteCount)
               bytes is computed once; each output then adds the entry of its byte. */
            static void connect(const struct connection *layer, const uint8_t *in, uint8_t *out)
            {
            \(sizes)    int32_t *sums = arena.scratch.connection.sums;
                int16_t *table = arena.scratch.connection.table;
                const uint8_t *weights = layer->weights;
                const uint8_t *volatile digits = layer->rule.digits;
                uint32_t left = layer->inputs, output;
                for (output = 0; output < layer->outputs; output++) {
                    sums[output] = 0;
                }
                while (left > 0) {
                    const uint32_t count = left < \(count) ? left : \(count);
                    uint32_t size = 1, i, j;
                    int32_t smallest = 0;
                    for (i = 0; i < count; i++) {
                        smallest -= in[i];
                    }
                    table[0] = (int16_t)smallest;
                    for (i = \(count); i-- > 0;) {
                        const int32_t value = i < count ? in[i] : 0;
                        size = \(size);
                        for (j = 0; j < \(isBits ? "size" : "size + size"); j++) {
                            table[size + j] = (int16_t)(table[j] + \
            \(isBits ? "value + value" : "value"));
                        }
                    }
                    for (output = 0; output < layer->outputs; output++) {
                        sums[output] += table[*weights++];
                    }
                    in += count;
                    left -= count;
                }
                for (output = 0; output < layer->outputs; output++) {
                    const int32_t bias = layer->rule.bias[output];
                    out[output] = activate(&layer->rule, digits, sums[output], bias);
                    digits += layer->rule.digit_count;
                }
            }
            """
    }
}
