internal import LRNetCollectives
internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// A diagnosis that finds the layer and the ranks where a non-finite value first appeared.
package struct NonFiniteDiagnosis {
    let trainingStep: TrainingStep
    let group: any ProcessGroup

    /// Returns the failure of a step whose loss or gradient is not finite. Every rank calls it at
    /// the same step.
    ///
    /// It runs the step again, and each rank records the first layer whose output or input gradient
    /// is not finite. If the loss was not finite, nothing was updated. If a gradient was not
    /// finite, layers with finite sums were updated, so the value might not appear again. Exchanges
    /// inside the step (batch norm) spread the value to other ranks only after that layer.
    ///
    /// - Parameters:
    ///   - place: The loss, or the layer whose summed gradient is not finite.
    ///   - step: Counted from 0.
    func failure(_ place: String, step: Int, batch: Batch, globalCount: Int) throws -> Failure {
        var position = 0
        var first: (position: Int, words: String)?
        _ = try trainingStep.computeGradients(
            step: step, batch: batch, globalCount: globalCount
        ) { layer, values, isGradient in
            position += 1
            guard first == nil, Elementwise.nonFiniteCount(values) > 0 else { return }
            let what = isGradient ? "the input gradient of" : "the output of"
            first = (position, "\(what) \(layer.name)")
        }
        let own = first.map { "\($0.position) \($0.words)" } ?? ""
        let all = try group.allGather(Array(own.utf8)).map { bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: " ", maxSplits: 1)
        }
        return Failure(
            call: "step \(step + 1)", subject: place,
            message: "is not finite\(Self.origin(all).map { ", \($0)" } ?? "")"
                + "; lower \(trainingStep.rateKeys) in a new --output, or look inside with --debug",
            exitStatus: .nonFiniteLoss, isAgreed: true)
    }

    /// Returns the origin in words: `first the output of conv1 on rank 1`.
    ///
    /// - Parameter seen: The position and the words of each rank; empty for a rank without such a
    ///   value.
    package static func origin(_ seen: [[Substring]]) -> String? {
        let positions = seen.map { $0.first.flatMap { Int($0) } ?? .max }
        guard let earliest = positions.min(), earliest < .max,
            let words = seen[positions.firstIndex(of: earliest) ?? 0].last
        else { return nil }
        if seen.count == 1 { return "first \(words)" }
        let ranks = positions.indices.filter { positions[$0] == earliest }
        if ranks.count == seen.count { return "first \(words) on every rank" }
        let names = ranks.map(String.init).joined(separator: ", ")
        return "first \(words) on rank\(ranks.count == 1 ? "" : "s") \(names)"
    }
}
