/// The convolution of a C file, for weights that are added and weights that are multiplied.
struct CConvolution {
    /// True if the weights of a layer are read from packed bytes.
    let hasLists: Bool
    /// True if a layer's products are multiplied.
    let hasReals: Bool
    /// True if the weights of a layer have two magnitudes per output.
    let hasPairs: Bool

    /// The functions and their types, in order.
    ///
    /// - Parameters:
    ///   - isPlain: True if a convolution has no pooling after it.
    ///   - isPooled: True if a convolution pools its results.
    func parts(isPlain: Bool, isPooled: Bool) -> [String] {
        var parts = [types]
        if hasLists { parts += [Self.listOffsets, Self.addWindows] }
        if hasReals { parts.append(Self.multiply) }
        parts.append(sumWindows)
        if isPlain { parts.append(convolve(isPooled: false)) }
        if isPooled { parts += [Self.largest, convolve(isPooled: true)] }
        return parts
    }

    private var types: String {
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
        \(hasLists ? "    struct reader reader;\n    const window_offset *plus, *plus_end, *minus, *minus_end;\n" : "")\
        \(hasReals ? "    const int8_t *volatile reals;\n" : "")\
        };
        """
    }

    private static let listOffsets = """
        /* Lists the offsets of the next filter: those of +1 from the start, those of -1 from the
           end. */
        static void list_offsets(struct filter *filter)
        {
            const struct convolution *layer = filter->layer;
            window_offset *plus = arena.scratch.offsets;
            window_offset *minus = plus + layer->fan_in;
            volatile uint32_t line = 0;
            uint32_t row, i;
            filter->plus = plus;
            filter->minus_end = minus;
            filter->reader.left = 0;
            for (row = 0; row < layer->window; row++) {
                uint32_t offset = line;
                for (i = 0; i < layer->line; i++) {
                    const int32_t weight = next_weight(&filter->reader);
                    if (weight > 0) {
                        *plus++ = (window_offset)offset;
                    } else if (weight < 0) {
                        *--minus = (window_offset)offset;
                    }
                    offset++;
                }
                line += layer->in_row;
            }
            filter->plus_end = plus;
            filter->minus = minus;
        }
        """

    private static let addWindows = """
        /* Adds the listed values of four windows. */
        static void add_windows(
            const window_offset *offsets, const window_offset *end, const uint8_t *const windows[4],
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
                const uint8_t *volatile digits = layer->rule.digits;
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
                volatile uint32_t in_line = 0, out_line = filter.output;
                uint32_t y;
                for (y = 0; y < layer->height; y++) {
                    volatile uint32_t from = in_line, to = out_line;
                    uint32_t left = layer->width;
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
                volatile uint32_t in_line = 0, out_line = filter.output, rows = layer->rows;
                uint32_t y;
                for (y = 0; y < layer->height; y++) {
                    volatile uint32_t corner = in_line, to = out_line, columns = layer->columns;
                    uint32_t x;
                    for (x = 0; x < layer->width; x++) {
                        const uint8_t *windows[4];
                        volatile uint32_t first = corner;
                        uint32_t i, j, count = 0;
                        int32_t best = INT32_MIN;
                        for (i = 0; i < layer->pool && i < rows; i++) {
                            volatile uint32_t from = first;
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
}
