import Foundation
import LRNetData
import LRNetKernels
import LRNetLaunchSupport
import LRNetSupport
import Testing

@Suite struct BatchLoaderTests {
    private func reader(_ folder: TestFolder) throws -> ShardReader {
        try writeSet("\(folder.path)/set")
        return try ShardReader(set: ShardSet(directory: "\(folder.path)/set"), split: .train)
    }

    /// Returns an augmenter that does not change the images.
    private func plain(_ reader: ShardReader) throws -> Augmenter {
        try Augmenter(Augmentation(), seed: 1, for: reader.set)
    }

    @Test(arguments: [2, 3, 7])
    func `batches arrive in order in recycled memory`(depth: Int) throws {
        let folder = try TestFolder()
        let reader = try reader(folder)
        let train = randomImages(41)
        let requests = (0..<60).map { step in
            step % 9 == 4 ? [] : EpochPlan(seed: 5, epoch: step, count: 41)[0..<(1 + step % 8)]
        }
        let loader = try BatchLoader(
            reader: reader, augmenter: plain(reader), threads: LoaderThreads(), capacity: 8,
            depth: depth,
            requests: requests.map { BatchRequest(samples: $0, epoch: 3) })
        var memory: Set<ObjectIdentifier> = []
        for request in requests {
            let batch = try #require(try loader.next())
            memory.insert(ObjectIdentifier(batch.images))
            #expect(batch.samples == request)
            #expect(batch.count == request.count)
            #expect(batch.labels == request.map { train.labels[$0] })
            let pixels = request.flatMap { train[$0..<$0 + 1].pixels }
            #expect(batch.filledImages.values == pixels.map { Float($0) / 255 })
            loader.recycle(batch)
        }
        #expect(try loader.next() == nil)
        #expect(try loader.next() == nil)
        #expect(memory.count <= depth)
    }

    @Test(arguments: [1, 3])
    func `a damaged shard makes the loader throw its error on every call`(workers: Int) throws {
        let folder = try TestFolder()
        let reader = try reader(folder)
        // Damages the second shard after the sizes were checked.
        try flip("\(folder.path)/set/train-00001.h5", byte: 700, bit: 2)
        let loader = try BatchLoader(
            reader: reader, augmenter: plain(reader), threads: LoaderThreads(workers: workers),
            capacity: 4,
            requests: [[0, 1], [2], [20, 3, 40]].map { BatchRequest(samples: $0) })
        for _ in 0..<2 {
            let batch = try #require(try loader.next())
            loader.recycle(batch)
        }
        for _ in 0..<2 {
            let error = #expect(throws: Failure.self) { _ = try loader.next() }
            #expect(error?.exitStatus == .badData)
            #expect(error?.subject.hasSuffix("train-00001.h5") == true)
        }
    }

    /// Batches are unread, in use or all recycled when the loader stops.
    @Test(.timeLimit(.minutes(1)))
    func `the loader can stop at any stage`() throws {
        let folder = try TestFolder()
        let reader = try reader(folder)
        let endless = sequence(
            first: BatchRequest(samples: [0, 5]),
            next: { BatchRequest(samples: [($0.samples[0] + 1) % 41, 5]) })
        for taken in 0..<200 {
            let loader = try BatchLoader(
                reader: reader, augmenter: plain(reader),
                threads: LoaderThreads(workers: 1 + taken % 3), capacity: 2,
                requests: Unchecked(base: endless))
            for step in 0..<taken % 5 {
                let batch = try #require(try loader.next())
                if step < 3 { loader.recycle(batch) }
            }
            if taken % 2 == 0 {
                loader.stop()
                loader.stop()
                #expect(try loader.next() == nil)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `the loader reads ahead before the first batch is taken`() throws {
        let folder = try TestFolder()
        let taken = Counter()
        let requests = (0..<3).lazy.map { number -> BatchRequest in
            taken.add()
            return BatchRequest(samples: [number])
        }
        let reader = try reader(folder)
        let loader = try BatchLoader(
            reader: reader, augmenter: plain(reader), threads: LoaderThreads(), capacity: 1,
            depth: 3,
            requests: Unchecked(base: requests))
        while taken.count < 3 { usleep(1_000) }
        for number in 0..<3 {
            #expect(try loader.next()?.samples == [number])
        }
    }

    /// Lazy sequences are not marked `Sendable`; only one thread uses this one.
    private struct Unchecked<Base: Sequence>: Sequence, @unchecked Sendable {
        let base: Base
        func makeIterator() -> Base.Iterator { base.makeIterator() }
    }
}
