extension PixelImage {
    /// Returns the upright image, according to the Exif orientation of the stored one.
    ///
    ///     1 unchanged           2 mirrored           3 upside down        4 mirrored, upside down
    ///     5 over the diagonal   6 a quarter right    7 other diagonal     8 a quarter left
    ///
    /// - Precondition: The orientation is in `1...8`.
    package func turned(exifOrientation orientation: Int) -> PixelImage {
        precondition((1...8).contains(orientation), "Exif orientation \(orientation)")
        if orientation == 1 { return self }
        let isTransposed = orientation >= 5
        // The axes of the stored image that are reversed.
        let flipsRows = [3, 4, 6, 7].contains(orientation)
        let flipsColumns = [2, 3, 7, 8].contains(orientation)
        let (rows, columns) = isTransposed ? (width, height) : (height, width)
        var turned = [UInt8](repeating: 0, count: pixels.count)
        var target = 0
        for row in 0..<rows {
            for column in 0..<columns {
                var (y, x) = isTransposed ? (column, row) : (row, column)
                if flipsRows { y = height - 1 - y }
                if flipsColumns { x = width - 1 - x }
                for channel in 0..<channels {
                    turned[target] = pixels[(y * width + x) * channels + channel]
                    target += 1
                }
            }
        }
        return PixelImage(height: rows, width: columns, channels: channels, pixels: turned)
    }

    /// Returns a part of the image.
    ///
    /// - Precondition: The part is within the image.
    package func cropped(top: Int, left: Int, height: Int, width: Int) -> PixelImage {
        precondition(
            top >= 0 && left >= 0 && top + height <= self.height && left + width <= self.width,
            "\(height)x\(width) at \(top), \(left) of \(self.height)x\(self.width)")
        if height == self.height && width == self.width { return self }
        var part: [UInt8] = []
        part.reserveCapacity(height * width * channels)
        for row in top..<top + height {
            let first = (row * self.width + left) * channels
            part += pixels[first..<first + width * channels]
        }
        return PixelImage(height: height, width: width, channels: channels, pixels: part)
    }

    /// Scales the image down so that its shorter side is `side` pixels, and the longer side in
    /// proportion (rounded). Returns the image unchanged if its shorter side is at most `side`.
    package func reduced(toShorterSide side: Int) -> PixelImage {
        let shorter = min(height, width)
        if shorter <= side { return self }
        return resized(
            height: height == shorter ? side : (height * side + shorter / 2) / shorter,
            width: width == shorter ? side : (width * side + shorter / 2) / shorter)
    }

    /// Returns the largest centered part with the given proportions, scaled to the given size.
    ///
    /// The image is first scaled so that it just covers the size, then cropped evenly on both
    /// sides.
    package func covering(height: Int, width: Int) -> PixelImage {
        if height == self.height && width == self.width { return self }
        // Compares height / self.height with width / self.width without rounding.
        let isTaller = self.height * width >= height * self.width
        let scaled = resized(
            height: isTaller
                ? max(height, (self.height * width + self.width / 2) / self.width) : height,
            width: isTaller
                ? width : max(width, (self.width * height + self.height / 2) / self.height))
        return scaled.cropped(
            top: (scaled.height - height) / 2, left: (scaled.width - width) / 2, height: height,
            width: width)
    }
}
