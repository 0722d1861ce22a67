import java.io.ByteArrayInputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** Java: one handshake for each line. Usage: java Judge.java ROOTS CASES */
public class Judge {
    public static void main(String[] arguments) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        String end = "-----END CERTIFICATE-----";
        int count = 0;
        for (String part : Files.readString(Path.of(arguments[0])).split(end)) {
            if (part.isBlank()) continue;
            try {
                byte[] pem = (part.strip() + "\n" + end + "\n").getBytes();
                trusted.setCertificateEntry("ca" + count++, factory.generateCertificate(new ByteArrayInputStream(pem)));
            } catch (java.security.cert.CertificateException unreadable) {
                // Then it is not trusted.
            }
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        for (String line : Files.readAllLines(Path.of(arguments[1]))) {
            String[] fields = line.split("\t");
            int port = Integer.parseInt(fields[0]);
            String verdict;
            try (Socket plain = new Socket("127.0.0.1", port)) {
                SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, fields[1], port, true);
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                verdict = "yes";
            } catch (java.io.IOException refused) {
                verdict = "no " + refused.getMessage().replace('\n', ' ');
            }
            System.out.println(fields[0] + "\t" + verdict);
        }
    }
}
