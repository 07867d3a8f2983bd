import org.apache.beam.runners.flink.FlinkJobServerDriver;

/** Beam's job server for a Flink cluster that has the jars of Beam's runner in its class path. */
public class JobServer {
  public static void main(String[] arguments) throws Exception {
    // It looks here for the jars to upload with each job: 350 MB, half a minute a job.
    System.setProperty("java.class.path", "");
    FlinkJobServerDriver.main(arguments);
  }
}
