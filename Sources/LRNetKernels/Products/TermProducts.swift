internal import CVectorMath

/// The arithmetic of a product's terms. It is a type so that tiles are compiled separately for each
/// number format.
protocol TermProducts {
    /// Returns `sums + a * b` of each lane.
    static func add(_ a: Vector, _ b: Vector, to sums: Vector) -> Vector
}

/// One Float32 term per lane, added with one rounding.
enum FloatTerms: TermProducts {
    @inline(__always)
    static func add(_ a: Vector, _ b: Vector, to sums: Vector) -> Vector {
        multiplyAdd(a, b, sums)
    }
}

/// Two bfloat16 terms per lane: first the term in the high half is added, then the term in the low
/// half, each with one rounding to Float32.
enum BFloatTerms: TermProducts {
    @inline(__always)
    static func add(_ a: Vector, _ b: Vector, to sums: Vector) -> Vector {
        lrnet_dot_bfloats(sums, a, b)
    }
}
