/// Operations on single images. Bytes become Double; other values keep their type.
extension Reference {
    /// Returns a window of an image of bytes, 0 outside the image: the twin of `ImageKernels`'s
    /// `crop`.
    public static func crop(
        _ pixels: [UInt8], height: Int, width: Int, channels: Int, top: Int, left: Int, rows: Int,
        columns: Int, mirrored: Bool
    ) -> [Double] {
        var result: [Double] = []
        for y in 0..<rows {
            for x in 0..<columns {
                let row = top + y
                let column = left + (mirrored ? columns - 1 - x : x)
                let isInside = (0..<height).contains(row) && (0..<width).contains(column)
                for c in 0..<channels {
                    result.append(
                        isInside ? Double(pixels[(row * width + column) * channels + c]) : 0)
                }
            }
        }
        return result
    }

    /// Returns an image resized with a triangle filter. Every output pixel sums over every source
    /// pixel. The twin of `ImageResizer`.
    public static func resize(
        _ pixels: [UInt8], height: Int, width: Int, channels: Int, toHeight: Int, toWidth: Int
    ) -> [Double] {
        func weights(_ output: Int, _ source: Int, _ size: Int) -> [Double] {
            let scale = Double(source) / Double(size)
            let center = (Double(output) + 0.5) * scale
            var raw: [Double] = []
            for s in 0..<source {
                raw.append(max(0, 1 - abs(Double(s) + 0.5 - center) / max(scale, 1)))
            }
            let sum = raw.reduce(0, +)
            return raw.map { $0 / sum }
        }
        var result: [Double] = []
        for y in 0..<toHeight {
            let rows = weights(y, height, toHeight)
            for x in 0..<toWidth {
                let columns = weights(x, width, toWidth)
                for c in 0..<channels {
                    var sum = 0.0
                    for r in 0..<height {
                        for s in 0..<width {
                            let pixel = Double(pixels[(r * width + s) * channels + c])
                            sum += rows[r] * columns[s] * pixel
                        }
                    }
                    result.append(sum)
                }
            }
        }
        return result
    }

    /// Standardizes one image as TensorFlow does: the twin of `ImageKernels`'s `standardize`.
    public static func standardized<Real: RealNumber>(_ x: [Real]) -> [Real] {
        let mean = x.reduce(0, +) / Real(x.count)
        let variance = x.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Real(x.count)
        let deviation = max(variance.squareRoot(), 1 / Real(x.count).squareRoot())
        return x.map { ($0 - mean) / deviation }
    }

    /// Returns `(x + brightness - mean[c]) * contrast + mean[c]`, where `mean` is the mean of the
    /// brightened channel: the twin of `ChannelAffine`.
    public static func adjusted<Real: RealNumber>(
        _ x: [Real], channels: Int, brightness: Real, contrast: Real
    ) -> [Real] {
        let bright = x.map { $0 + brightness }
        let means = (0..<channels).map { c in
            let values = stride(from: c, to: x.count, by: channels).map { bright[$0] }
            return values.reduce(0, +) / Real(values.count)
        }
        return bright.enumerated().map { i, value in
            (value - means[i % channels]) * contrast + means[i % channels]
        }
    }
}
