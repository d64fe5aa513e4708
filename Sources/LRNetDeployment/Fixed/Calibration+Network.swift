internal import Foundation
internal import LRNetData
internal import LRNetKernels
internal import LRNetSupport
internal import LRNetTraining

extension Calibration {
    /// Pictures that are read at a time.
    private static let batchSize = 64

    /// Runs a network with real activations over the first pictures of a split.
    ///
    /// - Parameters:
    ///   - count: The number of pictures.
    ///   - threads: Those that compute; the result does not depend on them.
    /// - Throws: `Failure` (65) if the split has fewer pictures.
    package init(
        of network: DeployedNetwork, on source: ImageSource, count: Int, threads: Int = 1
    ) throws {
        self.init()
        guard count <= source.count else {
            throw FailureSite("--calibrate", "\(count)").badData(
                "the training split has only \(source.count) pictures; calibrate on at most those")
        }
        let weights = FloatEngine.Weights(network)
        let pool = try ThreadPool.computing(
            threads: threads, remedy: "lower --threads (\(threads))")
        let engines = (0..<threads).map { _ in FloatEngine(network, weights: weights) }
        let size = network.description.preprocessing.shape.count
        for first in stride(from: 0, to: count, by: Self.batchSize) {
            let pictures = try source.read(first..<min(first + Self.batchSize, count))
            let parts = PartialResults<Calibration>(count: threads, Calibration())
            pool.forEach(pictures.labels.count) { index, worker in
                let input = pictures.inputs[index * size..<(index + 1) * size]
                parts.update(worker) { part in
                    var seen = part
                    seen.add(Self.inputName, input.values)
                    _ = engines[worker].run(input) { seen.add($0, $1.values) }
                    seen.countImage()
                    part = seen
                }
            }
            for part in parts.values { merge(part) }
            if let name = maxima.filter({ !$0.value.isFinite }).keys.min() {
                throw FailureSite("network", name).badData(
                    "has values that are not finite on the pictures of the training split")
            }
        }
    }
}
