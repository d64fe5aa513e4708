package import LRNetSupport

extension ContentHash {
    /// Adds the values as little-endian Float32.
    package mutating func update(_ view: FloatView) {
        #if _endian(little)
            update(
                UnsafeRawBufferPointer(
                    start: view.pointer, count: view.count * MemoryLayout<Float>.stride))
        #else
            view.values.map(\.bitPattern.littleEndian).withUnsafeBytes { update($0) }
        #endif
    }
}
