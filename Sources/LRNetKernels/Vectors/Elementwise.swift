internal import LRNetSupport
internal import Synchronization

/// Element-wise operations on whole views, and sums over them. They do not depend on the geometry
/// of an image.
package enum Elementwise {
    /// Computes `target[i] += source[i]`.
    ///
    /// Naive twin: `Reference.add`.
    ///
    /// - Precondition: The counts agree.
    package static func add(_ source: FloatView, to target: FloatView) {
        precondition(source.count == target.count, "\(source.count) and \(target.count) values")
        let s = source.pointer
        let t = target.pointer
        forEachVector(target.count) { i, lanes in
            store(load(t + i, lanes) + load(s + i, lanes), t + i, lanes)
        }
    }

    /// Computes `target[i] += scale * source[i]`.
    ///
    /// - Precondition: The counts agree.
    package static func add(_ source: FloatView, scaledBy scale: Float, to target: FloatView) {
        precondition(source.count == target.count, "\(source.count) and \(target.count) values")
        let s = source.pointer
        let t = target.pointer
        let factor = Vector(repeating: scale)
        forEachVector(target.count) { i, lanes in
            let sum = multiplyAdd(factor, load(s + i, lanes), load(t + i, lanes))
            store(sum, t + i, lanes)
        }
    }

    /// Computes `target[i] = source[i]^2`; the two may be the same view.
    ///
    /// - Precondition: The counts agree.
    package static func square(_ source: FloatView, into target: FloatView) {
        precondition(source.count == target.count, "\(source.count) and \(target.count) values")
        let s = source.pointer
        let t = target.pointer
        forEachVector(target.count) { i, lanes in
            let x = load(s + i, lanes)
            store(x * x, t + i, lanes)
        }
    }

    /// Computes `target[i] *= factor`.
    package static func scale(_ target: FloatView, by factor: Float) {
        let t = target.pointer
        let f = Vector(repeating: factor)
        forEachVector(target.count) { i, lanes in
            store(load(t + i, lanes) * f, t + i, lanes)
        }
    }

    /// Computes `target[i] += value`.
    package static func add(_ value: Float, to target: FloatView) {
        let t = target.pointer
        let v = Vector(repeating: value)
        forEachVector(target.count) { i, lanes in store(load(t + i, lanes) + v, t + i, lanes) }
    }

    /// Multiplies negative values by `negative`, all others by `positive`.
    package static func scale(_ target: FloatView, positive: Float, negative: Float) {
        let t = target.pointer
        let plus = Vector(repeating: positive)
        let minus = Vector(repeating: negative)
        forEachVector(target.count) { i, lanes in
            let value = load(t + i, lanes)
            let factor = plus.replacing(with: minus, where: value .< Vector(repeating: 0))
            store(value * factor, t + i, lanes)
        }
    }

    /// Multiplies each row of a matrix, value by value, by `row`.
    ///
    /// - Precondition: The matrix has whole rows.
    package static func multiplyRows(of matrix: FloatView, by row: [Float]) {
        precondition(
            !row.isEmpty && matrix.count % row.count == 0,
            "a row of \(row.count) values and a matrix of \(matrix.count)")
        row.withUnsafeBufferPointer { factors in
            guard let f = factors.baseAddress else { return }
            for start in stride(from: 0, to: matrix.count, by: row.count) {
                let t = matrix.pointer + start
                forEachVector(row.count) { i, lanes in
                    store(load(t + i, lanes) * load(f + i, lanes), t + i, lanes)
                }
            }
        }
    }

    /// Computes `target[i] *= factor[i]`.
    ///
    /// Naive twin: `Reference.multiply`.
    ///
    /// - Precondition: The counts agree.
    package static func multiply(_ target: FloatView, by factor: FloatView) {
        precondition(factor.count == target.count, "\(factor.count) and \(target.count) values")
        let f = factor.pointer
        let t = target.pointer
        forEachVector(target.count) { i, lanes in
            store(load(t + i, lanes) * load(f + i, lanes), t + i, lanes)
        }
    }

    /// Computes `target[i] += 2 * input[i] * gradient[i]`, the part of dL/dh that comes through
    /// `h^2`.
    ///
    /// - Precondition: The counts agree.
    package static func addSquareGradient(
        _ gradient: FloatView, input: FloatView, to target: FloatView
    ) {
        precondition(
            gradient.count == target.count && input.count == target.count,
            "\(gradient.count), \(input.count) and \(target.count) values")
        let g = gradient.pointer
        let h = input.pointer
        let t = target.pointer
        let two = Vector(repeating: 2)
        forEachVector(target.count) { i, lanes in
            let product = two * load(h + i, lanes) * load(g + i, lanes)
            store(load(t + i, lanes) + product, t + i, lanes)
        }
    }

    /// Computes `target[i] = max(target[i] + source[i], 0)`, or NaN where the sum is NaN.
    ///
    /// - Precondition: The counts agree.
    package static func addRectified(_ source: FloatView, to target: FloatView) {
        precondition(source.count == target.count, "\(source.count) and \(target.count) values")
        let s = source.pointer
        let t = target.pointer
        let zero = Vector(repeating: 0)
        forEachVector(target.count) { i, lanes in
            store(larger(zero, load(t + i, lanes) + load(s + i, lanes)), t + i, lanes)
        }
    }

    /// Sets `gradient[i]` to 0 where `output[i]` is 0, which is the gradient of a ReLU. Overwrites
    /// `copy` with the result.
    ///
    /// - Precondition: The counts agree.
    package static func maskGradient(
        _ gradient: FloatView, whereZero output: FloatView, copy: FloatView
    ) {
        precondition(
            gradient.count == output.count && gradient.count == copy.count,
            "\(gradient.count), \(output.count) and \(copy.count) values")
        let g = gradient.pointer
        let o = output.pointer
        let c = copy.pointer
        let zero = Vector(repeating: 0)
        forEachVector(gradient.count) { i, lanes in
            let slope = load(g + i, lanes).replacing(with: zero, where: load(o + i, lanes) .== zero)
            store(slope, g + i, lanes)
            store(slope, c + i, lanes)
        }
    }

    /// Overwrites `target`, shape `[rows, columns.count]`, with some columns of a matrix of shape
    /// `[rows, width]`.
    ///
    /// - Precondition: The columns are within the matrix; the counts agree.
    package static func copyColumns(
        _ columns: Range<Int>, of matrix: FloatView, width: Int, into target: FloatView
    ) {
        precondition(
            columns.lowerBound >= 0 && columns.upperBound <= width && matrix.count % width == 0
                && target.count == matrix.count / width * columns.count,
            "columns \(columns) of \(matrix.count) values in rows of \(width), "
                + "into \(target.count)")
        let (count, t) = (columns.count, target.pointer)
        let s = matrix.pointer + columns.lowerBound
        for row in 0..<matrix.count / width {
            let (from, to) = (s + row &* width, t + row &* count)
            forEachVector(count) { i, lanes in store(load(from + i, lanes), to + i, lanes) }
        }
    }

    /// Limits every value to `range`.
    package static func clamp(_ target: FloatView, to range: ClosedRange<Float>) {
        let t = target.pointer
        let low = Vector(repeating: range.lowerBound)
        let high = Vector(repeating: range.upperBound)
        forEachVector(target.count) { i, lanes in
            store(smaller(larger(load(t + i, lanes), low), high), t + i, lanes)
        }
    }

    /// Adds `row` to each row of a matrix.
    ///
    /// - Parameters:
    ///   - row: Shape `[columns]`.
    ///   - matrix: Shape `[rows, columns]`.
    package static func addRow(_ row: FloatView, toRowsOf matrix: FloatView) {
        precondition(
            row.count > 0 && matrix.count % row.count == 0,
            "a row of \(row.count) values and a matrix of \(matrix.count)")
        for start in stride(from: 0, to: matrix.count, by: row.count) {
            add(row, to: matrix[start..<start + row.count])
        }
    }

    /// Overwrites `row` with the sums of a matrix's columns, or adds the sums to it.
    ///
    /// - Parameters:
    ///   - matrix: Shape `[rows, columns]`; rows are added in order.
    ///   - row: Shape `[columns]`.
    package static func sumRows(of matrix: FloatView, into row: FloatView, accumulate: Bool) {
        precondition(
            row.count > 0 && matrix.count % row.count == 0,
            "a row of \(row.count) values and a matrix of \(matrix.count)")
        if !accumulate { row.fill(0) }
        for start in stride(from: 0, to: matrix.count, by: row.count) {
            add(matrix[start..<start + row.count], to: row)
        }
    }

    /// Returns the sum of squares, in Double, in an order fixed by the count.
    package static func sumOfSquares(_ view: FloatView) -> Double {
        let p = view.pointer
        var sum = SIMD16<Double>(repeating: 0)
        forEachVector(view.count) { i, lanes in
            let x = SIMD16<Double>(load(p + i, lanes))
            sum += x * x
        }
        return sum.sum()
    }

    /// Returns the sum, in Double, in an order fixed by the count.
    package static func sum(_ view: FloatView) -> Double {
        let p = view.pointer
        var sum = SIMD16<Double>(repeating: 0)
        forEachVector(view.count) { i, lanes in
            sum += SIMD16<Double>(load(p + i, lanes))
        }
        return sum.sum()
    }

    /// Returns the smallest value, or infinity if there are none.
    package static func minimum(_ view: FloatView) -> Float {
        view.values.min() ?? .infinity
    }

    /// Returns the number of values that are infinite or NaN.
    package static func nonFiniteCount(_ view: FloatView) -> Int {
        let p = view.pointer
        let exponent = Words(repeating: 0x7F80_0000)
        var counts = Words(repeating: 0)
        forEachVector(view.count) { i, lanes in
            let bits = unsafeBitCast(load(p + i, lanes), to: Words.self)
            let hits = (bits & exponent) .== exponent
            counts = counts.replacing(with: counts &+ Words(repeating: 1), where: hits)
        }
        return Int(counts.wrappedSum())
    }

    /// Returns the number of values that are infinite or NaN, counted by all threads of a pool.
    package static func nonFiniteCount(_ view: FloatView, pool: ThreadPool) -> Int {
        let count = Atomic<Int>(0)
        pool.forEachRange(view.count, grain: 1 << 16) { range, _ in
            count.add(nonFiniteCount(view[range]), ordering: .relaxed)
        }
        return count.load(ordering: .relaxed)
    }
}
