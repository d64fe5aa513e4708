import Foundation
import LRNetHDF5
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct HDF5FileTests {
    static let shapes = [[0], [1], [13], [3, 5, 2], [0, 4], [2, 1, 7, 1]]

    private func roundTrip<Element: HDF5Element & Equatable>(
        _ file: HDF5File, _ shape: [Int], _ make: (Int) -> Element
    ) throws {
        let path = "group/\(Element.elementType)/\(shape.map(String.init).joined(separator: "x"))"
        let values = (0..<shape.reduce(1, *)).map(make)
        let data = try file.createDataSet(path, of: Element.elementType, shape: shape)
        try data.write(values)
        let again = try file.dataSet(path)
        #expect(again.shape == shape)
        #expect(again.elementType == Element.elementType)
        #expect(try again.read(as: Element.self) == values)
        let rows = shape[0] / 3..<shape[0]
        let size = shape.dropFirst().reduce(1, *)
        #expect(
            try again.read(rows: rows, as: Element.self)
                == Array(values[rows.lowerBound * size..<rows.upperBound * size]))
    }

    @Test(arguments: shapes)
    func `values of every type and shape survive writing and reading`(shape: [Int]) throws {
        let folder = try TestFolder()
        for file in [
            try HDF5File.create(at: "\(folder.path)/a.h5"),
            try HDF5File.create(inMemoryNamed: "memory"),
        ] {
            try roundTrip(file, shape) { UInt8(truncatingIfNeeded: $0 &* 91) }
            try roundTrip(file, shape) { Int32($0) - 5 }
            try roundTrip(file, shape) { Int64($0) << 40 }
            try roundTrip(file, shape) { Float($0) * 0.1 - 1 }
            try roundTrip(file, shape) { Double($0).squareRoot() }
        }
    }

    @Test func `the image of a file opens from memory and from disk`() throws {
        let folder = try TestFolder()
        let file = try HDF5File.create(inMemoryNamed: "step-7")
        let buffer = FloatBuffer((0..<35).map { Float($0) / 3 })
        try file.createDataSet("p/w", of: .float, shape: [7, 5]).write(buffer.all)
        try file.setAttribute("step", to: 7)
        let image = try file.image()
        try AtomicFile.write(image, to: "\(folder.path)/c.h5")
        for again in [
            try HDF5File.open(image: image, named: "step-7"),
            try HDF5File.open("\(folder.path)/c.h5"),
        ] {
            let target = FloatBuffer(count: 10)
            try again.dataSet("p/w").read(rows: 3..<5, into: target.all)
            #expect(target.all.values == buffer[15..<25].values)
            #expect(try again.intAttribute("step") == 7)
        }
    }

    @Test func `rows can be written one by one in any order`() throws {
        let file = try HDF5File.create(inMemoryNamed: "rows")
        let data = try file.createDataSet("d", of: .int32, shape: [5, 3], chunk: [2, 3])
        for row in [4, 0, 2, 1, 3] {
            try data.write((0..<3).map { Int32(10 * row + $0) }, rows: row..<row + 1)
        }
        let expected: [Int32] = [0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32, 40, 41, 42]
        #expect(try data.read() == expected)
        #expect(data.chunk == [2, 3])
    }

    @Test func `attributes and names are read back, and wrong types are refused`() throws {
        let file = try HDF5File.create(inMemoryNamed: "attributes")
        try file.createGroup("a/b")
        try file.createGroup("a/b")
        try file.createDataSet("a/z", of: .uint8, shape: [1])
        for text in ["", "x", "Grüße, 数字", String(repeating: "long ", count: 500)] {
            try file.setAttribute("text", of: "a/b", to: text)
            #expect(try file.stringAttribute("text", of: "a/b") == text)
        }
        try file.setAttribute("whole", of: "a/z", to: Int.min)
        try file.setAttribute("real", to: 0.1)
        #expect(try file.intAttribute("whole", of: "a/z") == Int.min)
        #expect(try file.doubleAttribute("real") == 0.1)
        #expect(try file.names(in: "/") == ["a"])
        #expect(try file.names(in: "a") == ["b", "z"])
        #expect(try file.contains("a/b"))
        #expect(try !file.contains("a/c/d"))
        for attempt: () throws -> Void in [
            { _ = try file.intAttribute("real") }, { _ = try file.stringAttribute("real") },
            { _ = try file.doubleAttribute("missing") }, { _ = try file.names(in: "nowhere") },
        ] {
            let error = #expect(throws: Failure.self) { try attempt() }
            #expect(error?.exitStatus == .badData)
        }
    }

    @Test func `files with equal content have equal bytes`() throws {
        func image() throws -> [UInt8] {
            let file = try HDF5File.create(inMemoryNamed: "same")
            try file.createGroup("g")
            try file.createDataSet("g/d", of: .int64, shape: [3]).write([Int64(1), 2, 3])
            return try file.image()
        }
        let first = try image()
        // HDF5 would store times in seconds.
        usleep(1_100_000)
        #expect(try image() == first)
    }

    @Test func `default chunks are contiguous and have at most one mebibyte`() {
        let chunk = { HDF5DataSet.defaultChunk(shape: $0, of: .float) }
        #expect(chunk([26_000_000]) == [262_144])
        #expect(chunk([1024, 8192]) == [32, 8192])
        #expect(chunk([10, 1_000_000]) == [1, 262_144])
        #expect(chunk([3, 0]) == [3, 1])
        #expect(chunk([1]) == [1])
    }

    @Test func `errors name the file, the object and the reason`() throws {
        let folder = try TestFolder()
        let missing = #expect(throws: Failure.self) {
            _ = try HDF5File.open("\(folder.path)/missing.h5")
        }
        #expect(missing?.exitStatus == .inputMissing)
        #expect(
            missing?.description
                == "H5Fopen: \(folder.path)/missing.h5: unable to open file: "
                + "No such file or directory")
        try AtomicFile.write("this is text", to: "\(folder.path)/text.h5")
        let text = #expect(throws: Failure.self) {
            _ = try HDF5File.open("\(folder.path)/text.h5")
        }
        #expect(text?.exitStatus == .badData)
        let unwritable = #expect(throws: Failure.self) {
            _ = try HDF5File.create(at: "/proc/nowhere/file.h5")
        }
        #expect(unwritable?.description.contains("/proc/nowhere/file.h5") == true)
        let file = try HDF5File.create(inMemoryNamed: "types")
        try file.createDataSet("d", of: .double, shape: [2])
        let type = #expect(throws: Failure.self) {
            _ = try file.dataSet("d").read(as: Float.self)
        }
        #expect(type?.message == "contains numbers of type double instead of float")
        #expect(type?.subject == "types d")
    }

    @Test func `a damaged data set fails with HDF5's line on the checksum`() throws {
        let file = try HDF5File.create(inMemoryNamed: "checked")
        let pattern = (0..<64).map { UInt8(100 + $0) }
        try file.createDataSet("images", of: .uint8, shape: [64]).write(pattern)
        var image = try file.image()
        let place = try #require(
            (0..<image.count - 64).first { Array(image[$0..<$0 + 64]) == pattern })
        image[place + 9] ^= 4
        let damaged = try HDF5File.open(image: image, named: "damaged.h5")
        let error = #expect(throws: Failure.self) {
            _ = try damaged.dataSet("images").read(as: UInt8.self)
        }
        #expect(
            error?.description
                == "H5Dread: damaged.h5 images: data error detected by Fletcher32 checksum")
        #expect(error?.exitStatus == .badData)
    }
}
