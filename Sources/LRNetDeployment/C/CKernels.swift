/// The functions of a C file. Only those that a network needs are written.
///
/// Positions advance by additions, and factors are shifts, so that discrete layers need no
/// multiplication even for addresses.
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
    /// True if the last layer has discrete weights.
    var hasDiscreteOutput = false

    /// True if convolutions read packed weights.
    var hasLists = false

    init(packing: CPacking) { self.packing = packing }

    private var hasRules: Bool { convolves || convolvesAndPools || connects || averages }

    /// The functions and their types, in order.
    var text: String {
        var parts: [String] = []
        if hasRules { parts += [Self.rule, Self.activate] }
        if hasLists || hasDiscreteOutput { parts.append(reader) }
        if convolves || convolvesAndPools {
            parts.append(convolution)
            if hasLists { parts += [Self.listOffsets, Self.addWindows] }
            if hasReals { parts.append(Self.multiply) }
            if hasPairs { parts.append(Self.times) }
            parts.append(sumWindows)
            if convolves { parts.append(convolve(isPooled: false)) }
            if convolvesAndPools { parts += [Self.largest, convolve(isPooled: true)] }
        }
        if connects { parts.append(connect) }
        if pools { parts.append(Self.pool) }
        if averages { parts.append(Self.average) }
        if addsResiduals { parts.append(Self.add) }
        if fillsBorders { parts.append(Self.fill) }
        if standardizes { parts.append(Self.standardize) }
        return parts.joined(separator: "\n\n")
    }

    // MARK: Batch norm and activation

    private static let rule = """
        /* Batch norm and activation of a layer: the bias of each output, and its factor as digits.
           A digit is an exponent of two, plus 128 if it is negative. The first digit is the largest;
           64 is added to it if the output does not depend on its input. A digit of 255 is unused.
           Without digits, results are the signs 0 (for -1) and 2 (for +1). */
        struct rule {
            const int32_t *bias;
            const uint8_t *digits;
            uint32_t digit_count;
            uint32_t offset;
        };
        """

    private static let activate = """
        /* Returns clip(round((sum + bias) * factor / 2^16) + offset, 0, 255). Halves are rounded to
           even. */
        static uint8_t activate(
            const struct rule *rule, const uint8_t *digits, int32_t sum, int32_t bias)
        {
            const int32_t value = (digits[0] & 64) != 0 && rule->digit_count > 0 ? bias : sum + bias;
            const uint32_t magnitude = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
            const uint32_t first = digits[0] & 31u;
            uint32_t result = rule->offset << 16;
            uint32_t i;
            if (rule->digit_count == 0) {
                return value > 0 ? 2 : 0;
            }
            /* The factor is at least 2/3 of its first digit, so the result is clipped. */
            if (magnitude >> (first < 25 ? 25 - first : 0) != 0) {
                return value < 0 ? 0 : 255;
            }
            for (i = 0; i < rule->digit_count && digits[i] != 255; i++) {
                const uint32_t term = (uint32_t)value << (digits[i] & 31u);
                result = digits[i] < 128 ? result + term : result - term;
            }
            if (result >> 31 != 0) {
                return 0;
            }
            result = (result + 0x7fff + (result >> 16 & 1)) >> 16;
            return result > 255 ? 255 : (uint8_t)result;
        }
        """

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

    // MARK: Convolutions

    private var convolution: String {
        """
        /* Steps and positions are in bytes. */
        struct convolution {
        \(hasLists ? "    const uint8_t *weights; /* packed; each filter starts at a byte */\n" : "")\
        \(hasReals ? "    const int8_t *reals; /* weights that are multiplied, or 0 */\n" : "")\
        \(hasPairs ? "    const uint8_t *plus, *minus; /* magnitudes for each output, or 0 */\n" : "")\
            struct rule rule;
            uint32_t outputs, fan_in;
            uint32_t window; /* rows of a window */
            uint32_t line; /* values of a row of a window */
            uint32_t in_row; /* from a row of the input to the next */
            uint32_t step_x, step_y; /* from a window to the next */
            uint32_t columns, rows; /* windows */
            uint32_t width, height; /* results, after pooling */
            uint32_t pool, pool_stride; /* in windows */
            uint32_t pool_x, pool_y; /* from a pool to the next */
            uint32_t out_pixel, out_row; /* from a result to the next */
        };

        /* The inputs of a filter with weights of +1 and -1, as offsets in the window. */
        struct filter {
            const struct convolution *layer;
            uint32_t output;
        \(hasLists ? "    struct reader reader;\n    const net_offset *plus, *plus_end, *minus, *minus_end;\n" : "")\
        \(hasReals ? "    const int8_t *reals;\n" : "")\
        };
        """
    }

    private static let listOffsets = """
        /* Lists the offsets of the next filter: those of +1 from the start, those of -1 from the
           end. */
        static void list_offsets(struct filter *filter)
        {
            const struct convolution *layer = filter->layer;
            net_offset *plus = arena.scratch.offsets;
            net_offset *minus = plus + layer->fan_in;
            uint32_t row, i, offset = 0;
            filter->plus = plus;
            filter->minus_end = minus;
            filter->reader.left = 0;
            for (row = 0; row < layer->window; row++) {
                for (i = 0; i < layer->line; i++) {
                    const int32_t weight = next_weight(&filter->reader);
                    if (weight > 0) {
                        *plus++ = (net_offset)offset;
                    } else if (weight < 0) {
                        *--minus = (net_offset)offset;
                    }
                    offset++;
                }
                offset += layer->in_row - layer->line;
            }
            filter->plus_end = plus;
            filter->minus = minus;
        }
        """

    private static let addWindows = """
        /* Adds the listed values of four windows. */
        static void add_windows(
            const net_offset *offsets, const net_offset *end, const uint8_t *const windows[4],
            int32_t sums[4])
        {
            const uint8_t *a = windows[0], *b = windows[1], *c = windows[2], *d = windows[3];
            int32_t sum_a = 0, sum_b = 0, sum_c = 0, sum_d = 0;
            for (; offsets != end; offsets++) {
                const uint32_t offset = *offsets;
                sum_a += a[offset];
                sum_b += b[offset];
                sum_c += c[offset];
                sum_d += d[offset];
            }
            sums[0] = sum_a;
            sums[1] = sum_b;
            sums[2] = sum_c;
            sums[3] = sum_d;
        }
        """

    private static let multiply = """
        /* Returns the product of a filter's real weights and a window. */
        static int32_t multiply(const struct filter *filter, const uint8_t *window)
        {
            const struct convolution *layer = filter->layer;
            const int8_t *weights = filter->reals;
            uint32_t row, i;
            int32_t sum = 0;
            for (row = 0; row < layer->window; row++) {
                for (i = 0; i < layer->line; i++) {
                    sum += *weights++ * window[i];
                }
                window += layer->in_row;
            }
            return sum;
        }
        """

    private static let times = """
        /* Returns a sum times a magnitude, by shifts and additions. */
        static int32_t times(int32_t sum, uint32_t magnitude)
        {
            uint32_t term = (uint32_t)sum, product = 0;
            for (; magnitude != 0; magnitude >>= 1) {
                if ((magnitude & 1) != 0) {
                    product += term;
                }
                term += term;
            }
            return (int32_t)product;
        }
        """

    private var sumWindows: String {
        let reals = """
                if (filter->layer->reals != 0) {
                    for (i = 0; i < 4; i++) {
                        sums[i] = multiply(filter, windows[i]);
                    }
                    return;
                }

            """
        let pairs = """
                if (filter->layer->plus != 0) {
                    const uint32_t plus = filter->layer->plus[filter->output];
                    const uint32_t minus = filter->layer->minus[filter->output];
                    for (i = 0; i < 4; i++) {
                        sums[i] = times(sums[i], plus) - times(negative[i], minus);
                    }
                    return;
                }

            """
        let onlyReals = """
            static void sum_windows(
                const struct filter *filter, const uint8_t *const windows[4], int32_t sums[4])
            {
                uint32_t i;
                for (i = 0; i < 4; i++) {
                    sums[i] = multiply(filter, windows[i]);
                }
            }
            """
        let both = """
            static void sum_windows(
                const struct filter *filter, const uint8_t *const windows[4], int32_t sums[4])
            {
                int32_t negative[4];
                uint32_t i;
            \(hasReals ? reals : "")\
                add_windows(filter->plus, filter->plus_end, windows, sums);
                add_windows(filter->minus, filter->minus_end, windows, negative);
            \(hasPairs ? pairs : "")\
                for (i = 0; i < 4; i++) {
                    sums[i] -= negative[i];
                }
            }
            """
        return "/* Computes the sums of four windows. */\n" + (hasLists ? both : onlyReals)
    }

    private static let largest = """
        /* Returns the largest of some sums of up to four windows, and `best`. */
        static int32_t largest(
            const struct filter *filter, const uint8_t *windows[4], uint32_t count, int32_t best)
        {
            int32_t sums[4];
            uint32_t i;
            for (i = count; i < 4; i++) {
                windows[i] = windows[0];
            }
            sum_windows(filter, windows, sums);
            for (i = 0; i < 4; i++) {
                best = sums[i] > best ? sums[i] : best;
            }
            return best;
        }
        """

    /// Every filter's rows of results.
    private func convolve(isPooled: Bool) -> String {
        let start: String
        let next: String
        switch (hasLists, hasReals) {
        case (true, true):
            start = """
                filter.reader.next = layer->weights;
                    filter.plus = filter.plus_end = filter.minus = filter.minus_end = 0;
                    filter.reals = layer->reals;
                """
            next = """
                        if (layer->reals == 0) {
                            list_offsets(&filter);
                        }

                """
        case (true, false):
            start = "filter.reader.next = layer->weights;"
            next = "        list_offsets(&filter);\n"
        default:
            start = "filter.reals = layer->reals;"
            next = ""
        }
        let advance =
            !hasReals
            ? ""
            : hasLists
                ? """
                        if (layer->reals != 0) {
                            filter.reals += layer->fan_in;
                        }

                """ : "        filter.reals += layer->fan_in;\n"
        let (comment, name, body) = isPooled ? Self.pooledBody : Self.plainBody
        return """
            /* \(comment) */
            static void \(name)(const struct convolution *layer, const uint8_t *in, uint8_t *out)
            {
                const uint8_t *digits = layer->rule.digits;
                struct filter filter;
                filter.layer = layer;
                \(start)
                for (filter.output = 0; filter.output < layer->outputs; filter.output++) {
                    const int32_t bias = layer->rule.bias[filter.output];
            \(next)\(body)
            \(advance)        digits += layer->rule.digit_count;
                }
            }
            """
    }

    private static let plainBody = (
        "Computes a convolution, four results of a row at a time.", "convolve",
        """
                uint32_t y, in_line = 0, out_line = filter.output;
                for (y = 0; y < layer->height; y++) {
                    uint32_t left = layer->width, from = in_line, to = out_line;
                    while (left > 0) {
                        const uint32_t count = left < 4 ? left : 4;
                        const uint8_t *windows[4];
                        int32_t sums[4];
                        uint32_t i;
                        for (i = 0; i < 4; i++) {
                            windows[i] = i < count ? in + from : windows[0];
                            from += layer->step_x;
                        }
                        sum_windows(&filter, windows, sums);
                        for (i = 0; i < count; i++) {
                            out[to] = activate(&layer->rule, digits, sums[i], bias);
                            to += layer->out_pixel;
                        }
                        left -= count;
                    }
                    in_line += layer->step_y;
                    out_line += layer->out_row;
                }
        """
    )

    private static let pooledBody = (
        "Computes a convolution and the maximum of each pool. Only the maximum is activated.",
        "convolve_pool",
        """
                uint32_t y, in_line = 0, out_line = filter.output, rows = layer->rows;
                for (y = 0; y < layer->height; y++) {
                    uint32_t x, corner = in_line, to = out_line, columns = layer->columns;
                    for (x = 0; x < layer->width; x++) {
                        const uint8_t *windows[4];
                        uint32_t i, j, count = 0, first = corner;
                        int32_t best = INT32_MIN;
                        for (i = 0; i < layer->pool && i < rows; i++) {
                            uint32_t from = first;
                            for (j = 0; j < layer->pool && j < columns; j++) {
                                windows[count++] = in + from;
                                from += layer->step_x;
                                if (count == 4) {
                                    best = largest(&filter, windows, count, best);
                                    count = 0;
                                }
                            }
                            first += layer->step_y;
                        }
                        if (count > 0) {
                            best = largest(&filter, windows, count, best);
                        }
                        out[to] = activate(&layer->rule, digits, best, bias);
                        to += layer->out_pixel;
                        corner += layer->pool_x;
                        columns -= layer->pool_stride;
                    }
                    in_line += layer->pool_y;
                    out_line += layer->out_row;
                    rows -= layer->pool_stride;
                }
        """
    )

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
                const uint8_t *digits = layer->rule.digits;
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

    // MARK: Other steps

    private static let pool = """
        struct pooling {
            uint32_t channels, window, width, height;
            uint32_t in_row, step_x, step_y; /* from a row and from a window to the next */
            uint32_t out_row;
        };

        /* Computes the maximum of each window. */
        static void pool(const struct pooling *layer, const uint8_t *in, uint8_t *out)
        {
            uint32_t y, x, channel, i, j, in_line = 0, out_line = 0;
            for (y = 0; y < layer->height; y++) {
                uint32_t corner = in_line, to = out_line;
                for (x = 0; x < layer->width; x++) {
                    for (channel = 0; channel < layer->channels; channel++) {
                        uint32_t line = corner + channel;
                        uint8_t best = 0;
                        for (i = 0; i < layer->window; i++) {
                            uint32_t from = line;
                            for (j = 0; j < layer->window; j++) {
                                best = in[from] > best ? in[from] : best;
                                from += layer->channels;
                            }
                            line += layer->in_row;
                        }
                        out[to++] = best;
                    }
                    corner += layer->step_x;
                }
                in_line += layer->step_y;
                out_line += layer->out_row;
            }
        }
        """

    private static let average = """
        struct averaging {
            struct rule rule;
            uint32_t channels, pixels;
        };

        /* Computes the mean of each channel. */
        static void average(const struct averaging *layer, const uint8_t *in, uint8_t *out)
        {
            const uint8_t *digits = layer->rule.digits;
            uint32_t channel, i;
            for (channel = 0; channel < layer->channels; channel++) {
                uint32_t from = channel;
                int32_t sum = 0;
                for (i = 0; i < layer->pixels; i++) {
                    sum += in[from];
                    from += layer->channels;
                }
                out[channel] = activate(&layer->rule, digits, sum, layer->rule.bias[channel]);
                digits += layer->rule.digit_count;
            }
        }
        """

    private static let add = """
        struct addition {
            uint32_t width, height, channels;
            uint32_t shortcut_channels; /* the others are 0 */
            uint32_t shortcut_x, shortcut_y; /* from a pixel of the shortcut to the next */
            uint32_t out_row;
            int32_t zero; /* of both inputs together */
        };

        /* Adds the shortcut of a residual block to its body. */
        static void add(
            const struct addition *block, const uint8_t *body, const uint8_t *shortcut, uint8_t *out)
        {
            uint32_t y, x, channel, line = 0, out_line = 0;
            for (y = 0; y < block->height; y++) {
                uint32_t from = line, to = out_line;
                for (x = 0; x < block->width; x++) {
                    for (channel = 0; channel < block->channels; channel++) {
                        int32_t sum = *body++ - block->zero;
                        if (channel < block->shortcut_channels) {
                            sum += shortcut[from + channel];
                        }
                        out[to++] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
                    }
                    from += block->shortcut_x;
                }
                line += block->shortcut_y;
                out_line += block->out_row;
            }
        }
        """

    private static let fill = """
        /* Fills a buffer whose border is read. */
        static void fill(uint8_t *out, uint32_t count, uint8_t value)
        {
            uint32_t i;
            for (i = 0; i < count; i++) {
                out[i] = value;
            }
        }
        """

    private static let standardize = """
        /* Returns the square root of an integer below 2^53, rounded to the nearest double. */
        static double root(uint64_t number)
        {
            uint64_t result = 0, rest = 0;
            double scale = 1;
            uint32_t i, places = 0;
            if (number == 0) {
                return 0;
            }
            while (number >> 62 == 0) {
                number <<= 2;
                places++;
            }
            /* 54 bits of the root; the last decides on rounding. */
            for (i = 0; i < 54; i++) {
                const uint64_t trial = result << 2 | 1;
                rest = rest << 2 | number >> 62;
                number <<= 2;
                result <<= 1;
                if (rest >= trial) {
                    rest -= trial;
                    result |= 1;
                }
            }
            if ((result & 1) != 0 && (rest != 0 || (result & 2) != 0)) {
                result++;
            }
            result >>= 1;
            /* The root is result * 2^(32 - 53 - places). */
            for (i = 0; i < 21 + places; i++) {
                scale *= 0.5;
            }
            return (double)result * scale;
        }

        /* Computes the value of every pixel in an image that is standardized to mean 0 and
           standard deviation 1. */
        static void standardize(const uint8_t *image, uint8_t map[256])
        {
            const double count = NET_IMAGE;
            /* Adding and subtracting this number rounds to the nearest integer, halves to even. */
            const double rounding = 6755399441055744.0;
            uint64_t sum = 0, squares = 0;
            double deviation, divisor, mean;
            uint32_t i;
            for (i = 0; i < NET_IMAGE; i++) {
                sum += image[i];
                squares += (uint64_t)image[i] * image[i];
            }
            deviation = root(squares * NET_IMAGE - sum * sum) / count;
            divisor = deviation > input_floor ? deviation : input_floor;
            mean = (double)sum / count;
            for (i = 0; i < 256; i++) {
                double step = ((double)i - mean) / divisor / input_unit;
                step = step < -1000 ? -1000 : step > 1000 ? 1000 : step;
                step = (step + rounding) - rounding + input_zero;
                map[i] = (uint8_t)(step < 0 ? 0 : step > 255 ? 255 : step);
            }
        }
        """
}
