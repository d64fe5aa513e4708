/// The factor of a cosine schedule.
package enum RaisedCosine {
    /// `cos^2(pi x / 2) = (1 + cos(pi x)) / 2`, from 1 at 0 to 0 at 1.
    ///
    /// Sums and products of IEEE doubles in one order: no C library decides the bits. The absolute error is
    /// below 1e-15.
    ///
    /// - Parameter x: Limited to 0 ... 1.
    package static func value(_ x: Double) -> Double {
        // sin(y) = y (1 - y^2/(2*3) (1 - y^2/(4*5) (1 - ...))), y in 0 ... pi/2: 12 terms leave 1e-20.
        let y = min(max(x, 0), 1) * (Double.pi / 2)
        var sine = 1.0
        for term in stride(from: 12, to: 0, by: -1) {
            sine = 1 - y * y / Double(2 * term * (2 * term + 1)) * sine
        }
        sine *= y
        return max(1 - sine * sine, 0)
    }
}
