internal import LRNetSupport

/// The identity of a sequence of random numbers: its purpose and its place in the training run.
///
/// The fields map one to one to Philox's key and counter, so two different keys never share a
/// number:
///
///     key     = seed (64 bits)
///     counter = (element block, index, step, purpose << 16 | layer)
public struct NoiseKey: Sendable, Hashable {
    /// The purpose of the numbers. The raw values are part of every recorded result: only append.
    public enum Purpose: UInt16, Sendable {
        /// Gaussian noise of a pre-activation; the index is the global sample index.
        case preActivation = 1
        /// Units kept by dropout; the index is the global sample index.
        case dropout = 2
        /// Initial values of a layer's parameters, distinguished by element.
        case initialization = 3
        /// The order of samples in an epoch; the step is the epoch.
        case shuffle = 4
        /// Weights drawn for evaluation; the index is the draw.
        case evaluationWeights = 5
        /// Weights drawn once per step (Gumbel-softmax and similar methods); the index is the draw.
        case trainingWeights = 6
        /// Procedural data sets; the index is the image.
        case synthesis = 7
        /// Tests and benchmarks.
        case test = 8
        /// Crops, mirror images and similar changes of an image; the step is the epoch, the index
        /// is the sample's position in its split.
        case augmentation = 9
    }

    /// The seed of the run.
    public var seed: UInt64

    public var purpose: Purpose

    /// The training step, or the epoch.
    public var step: UInt32

    /// The layer's position in the network.
    public var layer: UInt16

    /// The global sample index, or the draw.
    public var index: UInt32

    /// Creates a key. Fields that a purpose does not use stay 0.
    public init(
        seed: UInt64, purpose: Purpose, step: UInt32 = 0, layer: UInt16 = 0, index: UInt32 = 0
    ) {
        self.seed = seed
        self.purpose = purpose
        self.step = step
        self.layer = layer
        self.index = index
    }

    /// Returns the same key for another sample or draw.
    public func with(index: UInt32) -> NoiseKey {
        var key = self
        key.index = index
        return key
    }

    /// Philox's key: the two halves of the seed, low half first.
    var philoxKey: SIMD2<UInt32> {
        SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    }

    /// The words of Philox's counter after the first.
    var philoxRest: (UInt32, UInt32, UInt32) {
        (index, step, UInt32(purpose.rawValue) << 16 | UInt32(layer))
    }

    /// Returns word `element % 4` of block `element / 4`: a random 32-bit number for one element of
    /// a sequence that is read in any order.
    public func bits(_ element: Int) -> UInt32 {
        let rest = philoxRest
        let block = UInt32(truncatingIfNeeded: element >> 2)
        let words = Philox.block(
            counter: SIMD4(block, rest.0, rest.1, rest.2), key: philoxKey)
        return words[element & 3]
    }

    /// Returns a number uniform in the open interval (0, 1), computed from ``bits(_:)``.
    public func uniform(_ element: Int) -> Double {
        (Double(bits(element)) + 0.5) * 0x1p-32
    }

    /// Returns a number uniform in `0 ..< bound`. The bias of a value is at most 2^-32.
    ///
    /// - Precondition: `bound` is positive.
    public func integer(_ element: Int, below bound: Int) -> Int {
        precondition(bound > 0, "integer(below: \(bound))")
        return Int((UInt64(bits(element)) &* UInt64(bound)) >> 32)
    }
}
