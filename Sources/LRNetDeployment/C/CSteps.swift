/// The functions of a C file that are the same for every network.
enum CSteps {
    static let rule = """
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

    static let activate = """
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

    static let times = """
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

    static let pool = """
        struct pooling {
            uint32_t channels, window, width, height;
            uint32_t in_row, step_x, step_y; /* from a row and from a window to the next */
            uint32_t out_row;
        };

        /* Computes the maximum of each window. */
        static void pool(const struct pooling *layer, const uint8_t *in, uint8_t *out)
        {
            volatile uint32_t in_line = 0, out_line = 0;
            uint32_t y, x, channel, i, j;
            for (y = 0; y < layer->height; y++) {
                volatile uint32_t corner = in_line;
                uint32_t to = out_line;
                for (x = 0; x < layer->width; x++) {
                    for (channel = 0; channel < layer->channels; channel++) {
                        volatile uint32_t line = corner + channel;
                        uint8_t best = 0;
                        for (i = 0; i < layer->window; i++) {
                            volatile uint32_t from = line;
                            for (j = 0; j < layer->window; j++) {
                                const uint8_t value = in[from];
                                best = value > best ? value : best;
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

    static let average = """
        struct averaging {
            struct rule rule;
            uint32_t channels, pixels;
        };

        /* Computes the mean of each channel. */
        static void average(const struct averaging *layer, const uint8_t *in, uint8_t *out)
        {
            const uint8_t *volatile digits = layer->rule.digits;
            uint32_t channel, i;
            for (channel = 0; channel < layer->channels; channel++) {
                volatile uint32_t from = channel;
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

    static let add = """
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
            volatile uint32_t line = 0, out_line = 0;
            uint32_t y, x, channel;
            for (y = 0; y < block->height; y++) {
                volatile uint32_t from = line;
                uint32_t to = out_line;
                for (x = 0; x < block->width; x++) {
                    const uint32_t pixel = from;
                    for (channel = 0; channel < block->channels; channel++) {
                        int32_t sum = *body++ - block->zero;
                        if (channel < block->shortcut_channels) {
                            sum += shortcut[pixel + channel];
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

    static let fill = """
        /* Fills a buffer whose border is read. */
        static void fill(uint8_t *out, uint32_t count, uint8_t value)
        {
            uint32_t i;
            for (i = 0; i < count; i++) {
                out[i] = value;
            }
        }
        """

    static let standardize = """
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
        static void standardize(const uint8_t *image, uint32_t size, uint8_t map[256])
        {
            const double count = size;
            /* Adding and subtracting this number rounds to the nearest integer, halves to even. */
            const double rounding = 6755399441055744.0;
            uint64_t sum = 0, squares = 0;
            double deviation, divisor, mean;
            uint32_t i;
            for (i = 0; i < size; i++) {
                sum += image[i];
                squares += (uint64_t)image[i] * image[i];
            }
            deviation = root(squares * size - sum * sum) / count;
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
