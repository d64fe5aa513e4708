/// Batch norm followed by a ReLU, in the form of the kernels, for the benchmark. Each function is
/// one pass.
extension Reference {
    /// Computes `max(x scale + shift, 0)`: the twin of `BatchNormKernels`'s `normalize`.
    @inlinable
    public static func normalize<Real: RealNumber>(
        _ x: [Real], scale: [Real], shift: [Real], into output: inout [Real]
    ) {
        let channels = scale.count
        precondition(x.count == output.count && shift.count == channels)
        let (x, scale, shift) = (x.span, scale.span, shift.span)
        var output = output.mutableSpan
        for row in 0..<x.count / channels {
            for c in 0..<channels {
                let i = row * channels + c
                let y = x[unchecked: i] * scale[unchecked: c] + shift[unchecked: c]
                output[unchecked: i] = max(y, 0)
            }
        }
    }

    /// The statistics of each channel that the backward pass needs.
    public struct ChannelStatistics<Real: RealNumber> {
        public let mean, inverseDeviation, scale, shift: [Real]

        public init(mean: [Real], inverseDeviation: [Real], scale: [Real], shift: [Real]) {
            self.mean = mean
            self.inverseDeviation = inverseDeviation
            self.scale = scale
            self.shift = shift
        }

        /// Returns the gradient at the input of the ReLU, and xhat.
        @inlinable
        public func masked(
            _ gradient: Real, _ x: Real, _ c: Int
        ) -> (slope: Real, normalized: Real) {
            (x * scale[c] + shift[c] > 0 ? gradient : 0, (x - mean[c]) * inverseDeviation[c])
        }
    }

    /// Returns each channel's sum of gradients and its sum of gradients times xhat, summed in
    /// Double: the twin of `BatchNormKernels`'s `gradientSums`.
    @inlinable
    public static func gradientSums<Real: RealNumber>(
        _ gradient: [Real], input: [Real], statistics: ChannelStatistics<Real>
    ) -> (gradients: [Real], products: [Real]) {
        let channels = statistics.mean.count
        var (gradients, products) = ([Real](), [Real]())
        for c in 0..<channels {
            var (sum, product) = (0.0, 0.0)
            for i in stride(from: c, to: gradient.count, by: channels) {
                let (slope, normalized) = statistics.masked(gradient[i], input[i], c)
                sum += Double(slope)
                product += Double(slope * normalized)
            }
            gradients.append(Real(sum))
            products.append(Real(product))
        }
        return (gradients, products)
    }

    /// Overwrites dL/dy with dL/dx: the twin of `BatchNormKernels`'s `backward`.
    ///
    ///     dx = scale (dy - mean(dy) - xhat mean(dy xhat))
    @inlinable
    public static func normalizedGradient<Real: RealNumber>(
        _ gradient: inout [Real], input: [Real], statistics: ChannelStatistics<Real>,
        meanGradient: [Real], meanProduct: [Real]
    ) {
        let channels = statistics.mean.count
        for row in 0..<gradient.count / channels {
            for c in 0..<channels {
                let i = row * channels + c
                let (slope, normalized) = statistics.masked(gradient[i], input[i], c)
                gradient[i] =
                    statistics.scale[c] * (slope - meanGradient[c] - normalized * meanProduct[c])
            }
        }
    }
}
