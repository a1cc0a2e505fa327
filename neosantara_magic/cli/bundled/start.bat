@echo off
rem Installs from this folder, without a network, and opens the lessons.
cd /d "%~dp0"
if exist .venv\Scripts\neosantara-magic.exe goto start
if exist .venv rmdir /s /q .venv
py -3 -m venv .venv || python -m venv .venv || goto failed
.venv\Scripts\python -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels "neosantara-magic[lessons]" jupyterlab || goto failed
:start
if not defined NEOSANTARA_DEMO set NEOSANTARA_DEMO=1
if not "%~1"=="" (
  .venv\Scripts\neosantara-magic %*
  exit /b
)
cd lessons
..\.venv\Scripts\python -m jupyterlab
exit /b
:failed
echo.
echo README.txt says what this needs.  /  README.txt menyebut apa yang diperlukan.
pause
exit /b 1
