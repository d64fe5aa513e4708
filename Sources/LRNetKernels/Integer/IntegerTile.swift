/// A tile of an integer convolution: a few neighboring pixels of one row and the outputs of one
/// panel, whose sums stay in registers until all inputs are added.
struct IntegerTile {
    /// The first byte of the first pixel's window.
    var input: UnsafePointer<UInt8>
    /// The distances in bytes between the windows of neighboring pixels, and between the lines of a
    /// window.
    var pixelStride, lineStride: Int
    /// The number of lines, and of groups of four inputs in each.
    var lineCount, lineGroupCount: Int
    /// The unpacked weights.
    var weights: UnsafePointer<UInt8>

    /// The number of pixels of the largest tile. Its 6 x 4 sums, four vectors of weights and one of
    /// inputs fill 29 of the 32 AVX-512 registers.
    static let pixelCount = 6

    /// Computes the tile and stores its results, whose pixels are `outputStride` bytes apart.
    @inline(__always)
    func compute<Pixels: IntegerPixels>(
        _: Pixels.Type, _ rule: OutputRule.Columns, into output: UnsafeMutablePointer<UInt8>,
        stride outputStride: Int
    ) {
        var sums = Pixels()
        var line = input
        var weights = weights
        for _ in 0..<lineCount {
            var group = line
            for _ in 0..<lineGroupCount {
                sums.add(group, pixelStride, Pixels.Columns.load(weights))
                weights += Pixels.Columns.byteCount
                group += 4
            }
            line += lineStride
        }
        sums.store(rule, output, outputStride)
    }
}

/// The sums of some outputs of one pixel.
protocol IntegerColumns {
    associatedtype Weights

    /// The number of vectors.
    static var count: Int { get }

    init()

    /// Loads the weights of a group.
    static func load(_ weights: UnsafePointer<UInt8>) -> Weights

    mutating func add(_ input: Integers, _ weights: Weights)

    /// Stores the results.
    ///
    /// - Parameter first: The index of the first vector.
    func store(_ rule: OutputRule.Columns, first: Int, _ target: UnsafeMutablePointer<UInt8>)
}

extension IntegerColumns {
    /// The number of bytes of the weights of a group.
    @inline(__always)
    static var byteCount: Int { count &* IntegerPanels.vectorByteCount }
}

/// The sums of 16 outputs.
struct OneColumn: IntegerColumns {
    static var count: Int { 1 }

    var sums = Integers(repeating: 0)

    @inline(__always)
    static func load(_ weights: UnsafePointer<UInt8>) -> Integers { LRNetKernels.load(weights) }

    @inline(__always)
    mutating func add(_ input: Integers, _ weights: Integers) {
        sums = addProducts(sums, unsigned: input, signed: weights)
    }

    @inline(__always)
    func store(_ rule: OutputRule.Columns, first: Int, _ target: UnsafeMutablePointer<UInt8>) {
        rule.store(sums, column: first, target)
    }
}

/// The sums of twice as many outputs.
struct DoubleColumns<Half: IntegerColumns>: IntegerColumns {
    static var count: Int { 2 &* Half.count }

    var left = Half()
    var right = Half()

    @inline(__always)
    static func load(_ weights: UnsafePointer<UInt8>) -> (Half.Weights, Half.Weights) {
        (Half.load(weights), Half.load(weights + Half.byteCount))
    }

    @inline(__always)
    mutating func add(_ input: Integers, _ weights: (Half.Weights, Half.Weights)) {
        left.add(input, weights.0)
        right.add(input, weights.1)
    }

    @inline(__always)
    func store(_ rule: OutputRule.Columns, first: Int, _ target: UnsafeMutablePointer<UInt8>) {
        left.store(rule, first: first, target)
        right.store(rule, first: first &+ Half.count, target)
    }
}

typealias TwoColumns = DoubleColumns<OneColumn>
typealias FourColumns = DoubleColumns<TwoColumns>

/// The sums of some neighboring pixels. They are named fields because only those stay in registers.
protocol IntegerPixels {
    associatedtype Columns: IntegerColumns

    /// The number of pixels.
    static var count: Int { get }

    init()

    /// Adds the products of a group of four inputs.
    mutating func add(_ input: UnsafePointer<UInt8>, _ stride: Int, _ weights: Columns.Weights)

    func store(_ rule: OutputRule.Columns, _ target: UnsafeMutablePointer<UInt8>, _ stride: Int)
}

struct OnePixel<Columns: IntegerColumns>: IntegerPixels {
    static var count: Int { 1 }

    var columns = Columns()

    @inline(__always)
    mutating func add(_ input: UnsafePointer<UInt8>, _: Int, _ weights: Columns.Weights) {
        columns.add(loadRepeated(input), weights)
    }

    @inline(__always)
    func store(_ rule: OutputRule.Columns, _ target: UnsafeMutablePointer<UInt8>, _: Int) {
        columns.store(rule, first: 0, target)
    }
}

/// Two parts of a row of pixels.
struct JoinedPixels<Left: IntegerPixels, Right: IntegerPixels>: IntegerPixels
where Left.Columns == Right.Columns {
    typealias Columns = Left.Columns

    static var count: Int { Left.count &+ Right.count }

    var left = Left()
    var right = Right()

    @inline(__always)
    mutating func add(
        _ input: UnsafePointer<UInt8>, _ stride: Int, _ weights: Columns.Weights
    ) {
        left.add(input, stride, weights)
        right.add(input + Left.count &* stride, stride, weights)
    }

    @inline(__always)
    func store(_ rule: OutputRule.Columns, _ target: UnsafeMutablePointer<UInt8>, _ stride: Int) {
        left.store(rule, target, stride)
        right.store(rule, target + Left.count &* stride, stride)
    }
}

typealias TwoPixels<Columns: IntegerColumns> = JoinedPixels<OnePixel<Columns>, OnePixel<Columns>>
typealias FourPixels<Columns: IntegerColumns> = JoinedPixels<TwoPixels<Columns>, TwoPixels<Columns>>
typealias SixPixels<Columns: IntegerColumns> = JoinedPixels<FourPixels<Columns>, TwoPixels<Columns>>
