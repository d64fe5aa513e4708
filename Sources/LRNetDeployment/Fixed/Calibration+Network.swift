internal import Foundation
internal import LRNetData
internal import LRNetKernels
internal import LRNetSupport
internal import LRNetTraining

extension Calibration {
    /// The number of images per batch.
    private static let batchSize = 64

    /// Runs a network with real activations on the first images of a split.
    ///
    /// - Parameters:
    ///   - count: The number of images.
    ///   - threads: The number of threads. The result does not depend on it.
    /// - Throws: `Failure` (65) if the split has fewer images or if activations are not finite.
    package init(
        of network: DeployedNetwork, on source: ImageSource, count: Int, threads: Int = 1
    ) throws {
        self.init()
        guard count <= source.count else {
            throw FailureSite("--calibrate", "\(count)").badData(
                "the training split has only \(source.count) images; use at most that many")
        }
        let weights = FloatEngine.Weights(network)
        let pool = try ThreadPool.computing(
            threads: threads, remedy: "lower --threads (\(threads))")
        let engines = (0..<threads).map { _ in FloatEngine(network, weights: weights) }
        let size = network.description.preprocessing.shape.count
        for first in stride(from: 0, to: count, by: Self.batchSize) {
            let images = try source.read(first..<min(first + Self.batchSize, count))
            let parts = PartialResults<Calibration>(count: threads, Calibration())
            pool.forEach(images.labels.count) { index, worker in
                let input = images.inputs[index * size..<(index + 1) * size]
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
                    "has values that are not finite on images of the training split")
            }
        }
    }
}
