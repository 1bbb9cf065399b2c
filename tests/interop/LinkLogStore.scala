import io.delta.storage.HDFSLogStore
import java.lang.{Boolean => JavaBoolean}
import java.nio.file.{Files, Paths}
import java.util.UUID
import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.Path

/**
 * Commits of Spark by hard link, as ours and those of delta-rs. Spark's own store looks whether the version is there and
 * then renames over it: on a local disk it can replace a commit that another program made in between.
 */
class LinkLogStore(conf: Configuration) extends HDFSLogStore(conf) {
  override def write(
      path: Path,
      actions: java.util.Iterator[String],
      overwrite: JavaBoolean,
      hadoopConf: Configuration): Unit =
    if (overwrite) super.write(path, actions, overwrite, hadoopConf)
    else {
      val commit = Paths.get(path.toUri.getPath)
      val temporary = commit.resolveSibling(s".tmp-${UUID.randomUUID}.tmp")
      val text = new StringBuilder
      actions.forEachRemaining(line => { text.append(line).append('\n') })
      Files.writeString(temporary, text)
      try Files.createLink(commit, temporary)
      finally Files.delete(temporary)
    }
}
