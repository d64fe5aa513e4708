/// The factor of a cosine schedule.
package enum RaisedCosine {
    /// Returns `cos^2(pi x / 2) = (1 + cos(pi x)) / 2`, from 1 at 0 to 0 at 1.
    ///
    /// It uses only sums, products and quotients of IEEE doubles in a fixed order, so its bits do
    /// not depend on a C library. The absolute error is below 1e-15.
    ///
    /// - Parameter x: A number, which is clamped to 0 ... 1.
    package static func value(_ x: Double) -> Double {
        // sin(y) = y (1 - y^2/(2*3) (1 - y^2/(4*5) (1 - ...))), for y in 0 ... pi/2. The truncation
        // error of 12 terms is 1e-20.
        let y = min(max(x, 0), 1) * (Double.pi / 2)
        var sine = 1.0
        for term in stride(from: 12, to: 0, by: -1) {
            sine = 1 - y * y / Double(2 * term * (2 * term + 1)) * sine
        }
        sine *= y
        return max(1 - sine * sine, 0)
    }
}
