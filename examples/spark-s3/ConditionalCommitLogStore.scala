import io.delta.storage.S3SingleDriverLogStore
import java.io.{ByteArrayOutputStream, IOException}
import java.lang.{Boolean => JavaBoolean}
import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.FileAlreadyExistsException
import java.util.{Arrays, Iterator => JavaIterator}
import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.Path

/**
 * Commits of Spark on S3 that cannot overwrite those of others: one PUT with `If-None-Match: *`, as crypto-lake and delta-rs
 * do it. Delta's own store for S3 first looks whether a version is there and then writes it, whoever was faster.
 * Needs hadoop-aws 3.4.2 or newer.
 */
class ConditionalCommitLogStore(conf: Configuration) extends S3SingleDriverLogStore(conf) {
  private val OnlyIfAbsent = "fs.option.create.conditional.overwrite"

  override def write(path: Path, lines: JavaIterator[String], overwrite: JavaBoolean, hadoop: Configuration): Unit =
    if (overwrite) super.write(path, lines, overwrite, hadoop) else commit(path, bytesOf(lines), hadoop)

  private def commit(path: Path, bytes: Array[Byte], hadoop: Configuration): Unit = {
    val fs = path.getFileSystem(hadoop)
    try {
      val out = fs.createFile(path).overwrite(true).must(OnlyIfAbsent, true).build()
      out.write(bytes)
      out.close() // Here the object is written, or refused.
    } catch {
      case failure: IOException =>
        // A request whose answer was lost is sent again and then meets its own object: what lies there decides.
        if (!Arrays.equals(readBack(path, hadoop, failure), bytes)) {
          val taken = new FileAlreadyExistsException(path.toString)
          taken.initCause(failure)
          throw taken
        }
    }
  }

  private def readBack(path: Path, hadoop: Configuration, failure: IOException): Array[Byte] = {
    val in = try path.getFileSystem(hadoop).open(path) catch { case _: IOException => throw failure }
    try in.readAllBytes() finally in.close()
  }

  private def bytesOf(lines: JavaIterator[String]): Array[Byte] = {
    val bytes = new ByteArrayOutputStream
    lines.forEachRemaining(line => bytes.write(s"$line\n".getBytes(UTF_8)))
    bytes.toByteArray
  }
}
