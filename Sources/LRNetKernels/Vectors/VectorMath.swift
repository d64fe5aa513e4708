internal import CVectorMath

/// Sixteen Float32 lanes: one AVX-512 register, two AVX registers.
typealias Vector = SIMD16<Float>

/// Sixteen 32-bit words, the integer counterpart of a ``Vector``.
typealias Words = SIMD16<UInt32>

/// The number of lanes of a ``Vector``.
let laneCount = 16

/// Calls `body(offset, lanes)` for every vector of `count` consecutive values. Only the last call
/// may have fewer than sixteen lanes.
///
/// A value gets the same operations in a whole vector as in the last one, so results do not depend
/// on how a range of values is divided.
@inline(__always)
func forEachVector(_ count: Int, _ body: (_ offset: Int, _ lanes: Int) -> Void) {
    let whole = count & ~(laneCount - 1)
    var offset = 0
    while offset < whole {
        body(offset, laneCount)
        offset &+= laneCount
    }
    if whole < count { body(whole, count &- whole) }
}

/// Loads `lanes` values; the other lanes are 0.
@inline(__always)
func load(_ source: UnsafePointer<Float>, _ lanes: Int = laneCount) -> Vector {
    if lanes == laneCount {
        return UnsafeRawPointer(source).loadUnaligned(as: Vector.self)
    }
    return lrnet_load_partial(source, lanes)
}

/// Loads `lanes` values; the other lanes are 0.
@inline(__always)
func load(_ source: UnsafeMutablePointer<Float>, _ lanes: Int = laneCount) -> Vector {
    load(UnsafePointer(source), lanes)
}

/// Stores the first `lanes` lanes.
@inline(__always)
func store(_ vector: Vector, _ target: UnsafeMutablePointer<Float>, _ lanes: Int = laneCount) {
    if lanes == laneCount {
        UnsafeMutableRawPointer(target).storeBytes(of: vector, as: Vector.self)
    } else {
        lrnet_store_partial(vector, target, lanes)
    }
}

/// Stores a whole vector and bypasses the caches. The address is a multiple of 64 bytes.
/// ``finishStreaming()`` must be called before another thread reads the vector.
@inline(__always)
func stream(_ vector: Vector, _ target: UnsafeMutablePointer<Float>) {
    lrnet_stream(vector, target)
}

/// Makes the vectors stored by ``stream(_:_:)`` visible to other threads.
@inline(__always)
func finishStreaming() { lrnet_finish_streaming() }

/// Returns `a * b + c`, rounded once.
@inline(__always)
func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { lrnet_fma(a, b, c) }

/// Converts each lane to Float32. (Swift's own conversion of these vectors is one call or sixteen.)
@inline(__always)
func converted(_ words: Words) -> Vector { lrnet_float_of_uint(words) }

/// Converts each lane to Float32.
@inline(__always)
func converted(_ integers: SIMD16<Int32>) -> Vector { lrnet_float_of_int(integers) }

/// Returns the square root of each lane.
@inline(__always)
func squareRoot(_ x: Vector) -> Vector { lrnet_sqrt(x) }

/// Returns the larger of two lanes, or the second if either is NaN.
@inline(__always)
func larger(_ a: Vector, _ b: Vector) -> Vector { b.replacing(with: a, where: a .> b) }

/// Returns the smaller of two lanes, or the second if either is NaN.
@inline(__always)
func smaller(_ a: Vector, _ b: Vector) -> Vector { b.replacing(with: a, where: a .< b) }

/// Flips the sign of each lane of `x` where `flip` has its highest bit set.
@inline(__always)
func negated(_ x: Vector, where flip: Words) -> Vector {
    let bits = unsafeBitCast(x, to: Words.self)
    return unsafeBitCast(bits ^ (flip & Words(repeating: 0x8000_0000)), to: Vector.self)
}

/// Returns e^x of each lane.
///
/// The argument is split into x = n ln 2 + r with |r| <= ln 2 / 2, and e^r is a polynomial of
/// degree 7 (relative error below 2e-7). Arguments are clamped to [-87, 88], so the result is
/// finite and never 0.
@_transparent
func exponential(_ argument: Vector) -> Vector {
    let x = smaller(larger(argument, Vector(repeating: -87)), Vector(repeating: 88))
    // Adding 1.5 * 2^23 leaves the nearest integer in the low bits.
    let magic = Vector(repeating: 0x1.8p23)
    let shifted = multiplyAdd(x, Vector(repeating: 1.442_695_04), magic)
    let n = shifted - magic
    var r = multiplyAdd(n, Vector(repeating: -0.693_359_375), x)
    r = multiplyAdd(n, Vector(repeating: 2.121_944_4e-4), r)
    var p = Vector(repeating: 1.987_569_15e-4)
    p = multiplyAdd(p, r, Vector(repeating: 1.398_199_95e-3))
    p = multiplyAdd(p, r, Vector(repeating: 8.333_451_9e-3))
    p = multiplyAdd(p, r, Vector(repeating: 4.166_579_6e-2))
    p = multiplyAdd(p, r, Vector(repeating: 1.666_666_55e-1))
    p = multiplyAdd(p, r, Vector(repeating: 0.5))
    let value = multiplyAdd(p, r * r, r + Vector(repeating: 1))
    let exponent = (unsafeBitCast(shifted, to: Words.self) &+ Words(repeating: 127)) &<< 23
    return value * unsafeBitCast(exponent, to: Vector.self)
}

/// Returns the logistic function 1 / (1 + e^-x) of each lane, and its complement 1 / (1 + e^x).
///
/// Neither loses digits when the other is near 1.
@_transparent
func logisticPair(_ x: Vector) -> (Vector, Vector) {
    let small = exponential(smaller(x, -x))
    let large = Vector(repeating: 1) / (Vector(repeating: 1) + small)
    let isPositive = x .> Vector(repeating: 0)
    let rest = small * large
    return (
        rest.replacing(with: large, where: isPositive),
        large.replacing(with: rest, where: isPositive)
    )
}

/// Returns ln x of each lane, for normal positive x (relative error below 2e-7).
@inline(__always)
func logarithm(_ x: Vector) -> Vector {
    let bits = unsafeBitCast(x, to: Words.self)
    // Scale so that the mantissa is in [sqrt(1/2), sqrt(2)).
    let offset = bits &- Words(repeating: 0x3F35_04F3)
    let exponent = unsafeBitCast(offset, to: SIMD16<Int32>.self) &>> 23
    let mantissaBits = (offset & Words(repeating: 0x007F_FFFF)) &+ Words(repeating: 0x3F35_04F3)
    let f = unsafeBitCast(mantissaBits, to: Vector.self) - Vector(repeating: 1)
    var p = Vector(repeating: 7.037_683_6e-2)
    p = multiplyAdd(p, f, Vector(repeating: -1.151_461_03e-1))
    p = multiplyAdd(p, f, Vector(repeating: 1.167_699_87e-1))
    p = multiplyAdd(p, f, Vector(repeating: -1.242_014_08e-1))
    p = multiplyAdd(p, f, Vector(repeating: 1.424_932_28e-1))
    p = multiplyAdd(p, f, Vector(repeating: -1.666_805_77e-1))
    p = multiplyAdd(p, f, Vector(repeating: 2.000_071_48e-1))
    p = multiplyAdd(p, f, Vector(repeating: -2.499_999_4e-1))
    p = multiplyAdd(p, f, Vector(repeating: 3.333_333_12e-1))
    let square = f * f
    let n = converted(exponent)
    var result = p * f * square
    result = multiplyAdd(n, Vector(repeating: -2.121_944_4e-4), result)
    result = multiplyAdd(Vector(repeating: -0.5), square, result)
    return multiplyAdd(n, Vector(repeating: 0.693_359_375), result + f)
}

/// Returns the sine and cosine of `2 pi turn / 2^32` of each lane (absolute error below 1e-7).
@inline(__always)
func sineCosine(turn: Words) -> (sine: Vector, cosine: Vector) {
    let quadrant = (turn &+ Words(repeating: 0x2000_0000)) &>> 30
    let rest = unsafeBitCast(turn &- (quadrant &<< 30), to: SIMD16<Int32>.self)
    let angle = converted(rest) * Vector(repeating: Float(2 * Double.pi / 0x1p32))
    let square = angle * angle
    var s = Vector(repeating: -1.951_529_6e-4)
    s = multiplyAdd(s, square, Vector(repeating: 8.332_160_9e-3))
    s = multiplyAdd(s, square, Vector(repeating: -1.666_665_46e-1))
    s = multiplyAdd(s * square, angle, angle)
    var c = Vector(repeating: 2.443_315_7e-5)
    c = multiplyAdd(c, square, Vector(repeating: -1.388_731_63e-3))
    c = multiplyAdd(c, square, Vector(repeating: 4.166_664_57e-2))
    c = multiplyAdd(c, square, Vector(repeating: -0.5))
    c = multiplyAdd(c, square, Vector(repeating: 1))
    let odd = (quadrant & Words(repeating: 1)) .!= Words(repeating: 0)
    let sine = s.replacing(with: c, where: odd)
    let cosine = c.replacing(with: s, where: odd)
    // Quadrants 2 and 3 negate the sine, quadrants 1 and 2 the cosine.
    return (
        negated(sine, where: quadrant &<< 30),
        negated(cosine, where: (quadrant &+ Words(repeating: 1)) &<< 30)
    )
}
