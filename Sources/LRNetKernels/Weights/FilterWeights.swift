internal import LRNetSupport

/// Binary weights with one scale per filter (Binary-Weight-Networks), stored as `[rows, outputs]`.
///
///     w[k, o] = scale[o] sign(W[k, o])          scale[o] = mean over k of |W[k, o]|
///
/// Latent weights are centered over the input channels of each tap and filter, then clamped to -1
/// ... 1. The gradient of a latent weight, with n = rows and c input channels, is
///
///     dL/dW = dL/dw (scale[o] [|W| < 1] + 1 / n) (1 - 1 / c)
///
/// Naive twin: `Reference.filterSigns`.
///
/// - Source: Rastegari, Ordonez, Redmon, Farhadi, *XNOR-Net*, ECCV 2016, section 3.1 and equation
///   5. The centering, the clamp and the last factor come from the released code.
package enum FilterWeights {
    /// Subtracts from each tap of each filter its mean over the input channels, then clamps to -1
    /// ... 1.
    ///
    /// - Parameters:
    ///   - latent: Shape `[taps, inputs, outputs]`; overwritten.
    ///   - inputs: The number of input channels. Sums run over them in order, in Double.
    ///   - outputs: The number of filters.
    package static func centre(_ latent: FloatView, inputs: Int, outputs: Int) {
        precondition(
            inputs > 0 && outputs > 0 && latent.count % (inputs * outputs) == 0,
            "\(latent.count) weights of \(inputs) inputs and \(outputs) outputs")
        let tapCount = inputs * outputs
        for tap in 0..<latent.count / tapCount {
            let w = latent.pointer + tap * tapCount
            forEachVector(outputs) { o, lanes in
                var sum = SIMD16<Double>(repeating: 0)
                for input in 0..<inputs {
                    sum += SIMD16<Double>(load(w + (input &* outputs &+ o), lanes))
                }
                let mean = Vector(sum / Double(inputs))
                let one = Vector(repeating: 1)
                for input in 0..<inputs {
                    let place = w + (input &* outputs &+ o)
                    let value = load(place, lanes) - mean
                    store(smaller(larger(value, -one), one), place, lanes)
                }
            }
        }
    }

    /// Returns the mean magnitude of each filter's weights. Sums run over the rows in order, in
    /// Double.
    package static func scales(_ latent: FloatView, outputs: Int) -> [Float] {
        precondition(
            outputs > 0 && latent.count % outputs == 0,
            "\(latent.count) weights, \(outputs) outputs"
        )
        let rows = latent.count / outputs
        var result = Array(repeating: Float(0), count: outputs)
        let w = latent.pointer
        forEachVector(outputs) { o, lanes in
            var sum = SIMD16<Double>(repeating: 0)
            for row in 0..<rows {
                let value = load(w + (row &* outputs &+ o), lanes)
                sum += SIMD16<Double>(larger(value, -value))
            }
            for lane in 0..<lanes { result[o + lane] = Float(sum[lane] / Double(max(rows, 1))) }
        }
        return result
    }

    /// Computes the gradient of a contiguous range of latents from the gradient of the weights.
    ///
    /// - Parameters:
    ///   - first: The position in the layer of the first latent of the range.
    ///   - scales: One per output.
    ///   - rows: The number of weights in a filter, n.
    ///   - inputs: The number of input channels, c.
    ///   - latentGradient: Overwritten.
    /// - Precondition: The counts agree.
    package static func pullBack(
        latent: FloatView, first: Int, scales: [Float], rows: Int, inputs: Int,
        weightGradient: FloatView, latentGradient: FloatView
    ) {
        precondition(
            weightGradient.count == latent.count && latentGradient.count == latent.count,
            "\(latent.count), \(weightGradient.count) and \(latentGradient.count) weights")
        let (w, g, d) = (latent.pointer, weightGradient.pointer, latentGradient.pointer)
        let share = Vector(repeating: 1 / Float(rows))
        let centering = Vector(repeating: 1 - 1 / Float(inputs))
        let one = Vector(repeating: 1)
        let zero = Vector(repeating: 0)
        scales.withUnsafeBufferPointer { scales in
            guard let s = scales.baseAddress else { return }
            forEachRowPart(latent.count, first: first, width: scales.count) { i, column, length in
                forEachVector(length) { offset, lanes in
                    let (at, value) = (i &+ offset, load(w + (i &+ offset), lanes))
                    let inside = larger(value, -value) .< one
                    let slope =
                        zero.replacing(
                            with: load(s + (column &+ offset), lanes), where: inside) + share
                    store(load(g + at, lanes) * slope * centering, d + at, lanes)
                }
            }
        }
    }

    /// Adds `strength * scale[o] * W[k, o]` to the gradient of a contiguous range of latents.
    ///
    /// - Parameter first: The position in the layer of the first latent of the range.
    /// - Precondition: The counts agree.
    package static func addDecay(
        _ strength: Float, latent: FloatView, first: Int, scales: [Float], to gradient: FloatView
    ) {
        precondition(
            gradient.count == latent.count, "\(latent.count) and \(gradient.count) weights")
        let (w, g) = (latent.pointer, gradient.pointer)
        let factor = Vector(repeating: strength)
        scales.withUnsafeBufferPointer { scales in
            guard let s = scales.baseAddress else { return }
            forEachRowPart(latent.count, first: first, width: scales.count) { i, column, length in
                forEachVector(length) { offset, lanes in
                    let at = i &+ offset
                    let decay = factor * load(s + (column &+ offset), lanes) * load(w + at, lanes)
                    store(load(g + at, lanes) + decay, g + at, lanes)
                }
            }
        }
    }

    /// Splits a range of a matrix's values at the ends of the rows.
    ///
    /// - Parameter body: Receives a part's offset in the range, its column and its length.
    private static func forEachRowPart(
        _ count: Int, first: Int, width: Int, _ body: (Int, Int, Int) -> Void
    ) {
        var done = 0
        while done < count {
            let column = (first + done) % width
            let length = min(width - column, count - done)
            body(done, column, length)
            done += length
        }
    }
}
