internal import LRNetCollectives
internal import LRNetData
internal import LRNetKernels
internal import LRNetLayers
internal import LRNetSupport

/// Finds where a value that is not finite began, on which ranks.
package struct NonFiniteDiagnosis {
    let trainingStep: TrainingStep
    let group: any ProcessGroup

    /// The failure of a step whose loss or gradient is not finite. Every rank calls it, at the same step.
    ///
    /// The step is run once more, and each rank notes the first layer whose output or input gradient is
    /// not finite. Nothing was updated if it was the loss; else layers with good sums were, and the value
    /// may not come up again. Exchanges inside the step (batch norm) spread the value to other ranks only
    /// after that layer.
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

    /// `first the output of conv1 on rank 1`
    ///
    /// - Parameter seen: Of each rank, position and words, or nothing.
    package static func origin(_ seen: [[Substring]]) -> String? {
        let positions = seen.map { $0.first.flatMap { Int($0) } ?? .max }
        guard let least = positions.min(), least < .max,
            let words = seen[positions.firstIndex(of: least) ?? 0].last
        else { return nil }
        if seen.count == 1 { return "first \(words)" }
        let ranks = positions.indices.filter { positions[$0] == least }
        if ranks.count == seen.count { return "first \(words) on every rank" }
        let names = ranks.map(String.init).joined(separator: ", ")
        return "first \(words) on rank\(ranks.count == 1 ? "" : "s") \(names)"
    }
}
