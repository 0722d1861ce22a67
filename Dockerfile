# docker build -t mailprobe . && docker run --rm mailprobe mail.example.org
#
# The image holds the one static program and nothing else, and runs as an ordinary user. Root certificates are built in.
FROM docker.io/library/rust:1.95.0-alpine3.23 AS build
RUN apk add --no-cache gcc musl-dev
# A name of its own: the program is searched for it.
WORKDIR /build/mailprobe
COPY . .
RUN cp "$(.ci/release)" /mailprobe \
 && /mailprobe --version

FROM scratch
COPY --from=build /mailprobe /usr/bin/mailprobe
ENV PATH=/usr/bin
USER 65532:65532
ENTRYPOINT ["/usr/bin/mailprobe"]
CMD ["--help"]
