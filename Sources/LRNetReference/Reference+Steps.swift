/// The loss, the optimizer, and element-wise operations.
extension Reference {
    /// Returns the logarithm of the softmax of one sample's logits.
    public static func logSoftmax<Real: RealNumber>(_ logits: [Real]) -> [Real] {
        let top = logits.max() ?? 0
        let total = Real.log(logits.reduce(0) { $0 + Real.exp($1 - top) })
        return logits.map { $0 - top - total }
    }

    /// Returns the gradient of the cross-entropy of each sample, which is the softmax of its logits
    /// minus 1 at its label: the twin of `SoftmaxKernels`'s `crossEntropy`.
    @inlinable
    public static func crossEntropyGradient<Real: RealNumber>(
        _ logits: [Real], labels: [Int]
    ) -> [Real] {
        let classes = logits.count / labels.count
        var result = logits
        var gradient = result.mutableSpan
        for (i, label) in labels.enumerated() {
            let sample = i * classes..<(i + 1) * classes
            var top = logits[i * classes]
            for c in sample { top = max(top, logits[c]) }
            var sum: Real = 0
            for c in sample { sum += Real.exp(logits[c] - top) }
            for c in sample { gradient[c] = Real.exp(logits[c] - top) / sum }
            gradient[i * classes + label] -= 1
        }
        return result
    }

    /// Adam with coupled L2, Algorithm 1 of Kingma and Ba: the twin of `AdamKernel`.
    public struct Adam<Real: RealNumber> {
        /// alpha, beta1, beta2, epsilon, and the lambda of the L2 regularizer.
        public let rate, beta1, beta2, epsilon, decay: Real

        public init(rate: Real, beta1: Real, beta2: Real, epsilon: Real, decay: Real) {
            self.rate = rate
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.decay = decay
        }

        /// Performs step `time`, counted from 1.
        @inlinable
        public func update(
            _ w: inout [Real], _ m: inout [Real], _ v: inout [Real], gradient: [Real], time: Int
        ) {
            let correction1 = 1 / (1 - (0..<time).reduce(1) { power, _ in power * beta1 })
            let correction2 = 1 / (1 - (0..<time).reduce(1) { power, _ in power * beta2 })
            let count = w.count
            precondition(gradient.count == count && m.count == count && v.count == count)
            let gradient = gradient.span
            var w = w.mutableSpan
            var m = m.mutableSpan
            var v = v.mutableSpan
            for i in 0..<count {
                let g = gradient[unchecked: i] + decay * w[unchecked: i]
                m[unchecked: i] = beta1 * m[unchecked: i] + (1 - beta1) * g
                v[unchecked: i] = beta2 * v[unchecked: i] + (1 - beta2) * g * g
                let first = m[unchecked: i] * correction1
                let second = v[unchecked: i] * correction2
                w[unchecked: i] -= rate * first / (second.squareRoot() + epsilon)
            }
        }
    }

    /// Computes `target += source`: the twin of `Elementwise`'s `add`.
    @inlinable
    public static func add<Real: RealNumber>(_ source: [Real], to target: inout [Real]) {
        precondition(source.count == target.count)
        let source = source.span
        var target = target.mutableSpan
        for i in source.indices { target[unchecked: i] += source[unchecked: i] }
    }

    /// Computes `target *= factor`: the twin of `Elementwise`'s `multiply`.
    @inlinable
    public static func multiply<Real: RealNumber>(_ target: inout [Real], by factor: [Real]) {
        precondition(factor.count == target.count)
        let factor = factor.span
        var target = target.mutableSpan
        for i in factor.indices { target[unchecked: i] *= factor[unchecked: i] }
    }
}
