# docker build -t mote-studio . && docker run -p 7860:7860 mote-studio
FROM python:3.11-slim
WORKDIR /studio
COPY requirements.txt .
# PyTorch for the CPU, a tenth of the size of that with CUDA
RUN pip install --no-cache-dir -r requirements.txt --extra-index-url https://download.pytorch.org/whl/cpu
COPY app.py .
COPY mote mote
COPY assets assets
COPY checkpoints/mote-open checkpoints/mote-open
RUN useradd -m studio
USER studio
EXPOSE 7860
CMD ["python", "app.py", "--host", "0.0.0.0", "--port", "7860"]
