# The image of ./x image for those who have Docker: the same program in the same place. The system's files are those of
# Ubuntu's smallest image here, and of Debian's packages there (docs/adr).
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN ./x publish --out /out/app && mkdir -p /out/home/openclaw/.openclaw

FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled-extra
COPY --from=build /out/app /app
COPY --from=build --chown=1000:1000 /out/home/openclaw /home/openclaw
USER 1000:1000
ENV PATH=/app
ENV HOME=/home/openclaw
ENV DOTNET_EnableDiagnostics=0
WORKDIR /home/openclaw
EXPOSE 18789/tcp
STOPSIGNAL SIGTERM
LABEL org.opencontainers.image.title="OpenClaw for .NET"
LABEL org.opencontainers.image.description="One address for every model provider, and its Kubernetes operator"
LABEL org.opencontainers.image.licenses="Apache-2.0"
ENTRYPOINT ["/app/openclaw"]
CMD ["gateway"]
