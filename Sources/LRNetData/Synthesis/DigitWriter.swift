import LRNetKernels

/// Draws one digit, with the random numbers of one key.
struct DigitWriter {
    private let key: NoiseKey
    private var used = 0
    private let side = SyntheticDigits.shape.width

    init(key: NoiseKey) {
        self.key = key
    }

    /// Draws an image and returns its pixels and its digit.
    mutating func write() -> (pixels: [UInt8], label: Int32) {
        let digit = integer(below: SyntheticDigits.classes)
        let styles = DigitGlyphs.styles(of: digit)
        let strokes = styles[integer(below: styles.count)]
        let placement = Placement(&self)
        let pen = Pen(&self)
        var canvas = StrokeCanvas(side: side)
        let wobble = uniform(0.01, 0.045)
        for stroke in strokes {
            let points = stroke.points.map { point in
                placement.pixel(point + wobble * SIMD2(gaussian(), gaussian()))
            }
            pen.draw(
                stroke.isCurved ? StrokeCanvas.curve(through: points, steps: 6) : points,
                on: &canvas)
        }
        addDistractions(&canvas, pen)
        return (finish(canvas), Int32(digit))
    }

    /// Adds up to three specks and, with probability 0.3, a stray mark near the border.
    private mutating func addDistractions(_ canvas: inout StrokeCanvas, _ pen: Pen) {
        for _ in 0..<integer(below: 4) {
            let place = SIMD2(uniform(0, 27), uniform(0, 27))
            let width = uniform(0.5, 1.6)
            canvas.draw(
                from: place, to: place, width: (width, width), softness: 1,
                brightness: uniform(0.3, 0.9))
        }
        guard uniform(0, 1) < 0.3 else { return }
        let along = uniform(0, 27)
        let depth = uniform(0, 3)
        let edge = integer(below: 4)
        let near = edge < 2 ? depth : 27 - depth
        let start = edge % 2 == 0 ? SIMD2(near, along) : SIMD2(along, near)
        let end = start + SIMD2(uniform(-5, 5), uniform(-5, 5))
        let width = uniform(0.6, 0.9) * pen.width.0
        canvas.draw(
            from: start, to: end, width: (width, width), softness: pen.softness,
            brightness: uniform(0.4, 0.9))
    }

    /// Adds noise and rounds to bytes.
    private mutating func finish(_ canvas: StrokeCanvas) -> [UInt8] {
        let noise = uniform(0.01, 0.09)
        return canvas.values.map { value in
            let noisy = value + noise * gaussianOfBytes()
            return UInt8((min(max(noisy, 0), 1) * 255).rounded())
        }
    }

    /// Returns the next random number, uniform between two bounds.
    mutating func uniform(_ low: Double, _ high: Double) -> Double {
        used += 1
        return low + (high - low) * key.uniform(used - 1)
    }

    /// Returns the next random integer below a bound.
    mutating func integer(below bound: Int) -> Int {
        used += 1
        return key.integer(used - 1, below: bound)
    }

    /// Returns an approximately Gaussian number with standard deviation 1: the scaled sum of four
    /// uniform numbers.
    mutating func gaussian() -> Double {
        var sum = -2.0
        for _ in 0..<4 { sum += uniform(0, 1) }
        return sum * 1.732_050_807_568_877_2
    }

    /// Works like ``gaussian()``, but uses the four bytes of a single random number.
    private mutating func gaussianOfBytes() -> Double {
        used += 1
        let bits = key.bits(used - 1)
        let sum = (bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + bits >> 24
        return (Double(sum) - 510) / 147.801_217
    }
}

extension DigitWriter {
    /// The affine map from the unit square to pixels.
    struct Placement {
        private let right: SIMD2<Double>
        private let down: SIMD2<Double>
        private let center: SIMD2<Double>

        /// Draws a random size, shear, rotation and shift.
        init(_ random: inout DigitWriter) {
            let height = random.uniform(14, 22)
            let width = height * random.uniform(0.55, 1.05)
            let shear = 0.22 * random.gaussian()
            // The angle is represented by the tangent of its half.
            let half = 0.10 * random.gaussian()
            let scale = 1 / (1 + half * half)
            let cosine = (1 - half * half) * scale
            let sine = 2 * half * scale
            let slanted = SIMD2(-shear * height, height)
            right = SIMD2(cosine, sine) * width
            down = SIMD2(
                cosine * slanted.x - sine * slanted.y, sine * slanted.x + cosine * slanted.y)
            center = SIMD2(13.5 + random.uniform(-3.2, 3.2), 13.5 + random.uniform(-3.2, 3.2))
        }

        /// Maps a point of the unit square to pixel coordinates.
        func pixel(_ point: SIMD2<Double>) -> SIMD2<Double> {
            center + right * (point.x - 0.5) + down * (point.y - 0.5)
        }
    }

    /// The pen of one image.
    struct Pen {
        let width: (Double, Double)
        let softness: Double
        private let brightness: Double

        /// Draws a random width, its change along a stroke, softness and brightness.
        init(_ random: inout DigitWriter) {
            let start = random.uniform(1.1, 3.1)
            width = (start, start * random.uniform(0.65, 1.25))
            softness = random.uniform(0.8, 1.8)
            brightness = random.uniform(0.55, 1)
        }

        /// Draws straight segments through the points.
        func draw(_ points: [SIMD2<Double>], on canvas: inout StrokeCanvas) {
            let segments = points.count - 1
            for segment in 0..<max(segments, 0) {
                func widthAt(_ point: Int) -> Double {
                    width.0 + (width.1 - width.0) * Double(point) / Double(segments)
                }
                canvas.draw(
                    from: points[segment], to: points[segment + 1],
                    width: (widthAt(segment), widthAt(segment + 1)), softness: softness,
                    brightness: brightness)
            }
        }
    }
}
